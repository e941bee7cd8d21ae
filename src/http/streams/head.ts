import { tagOf } from '../../protocol/create.ts';
import { formatOffset } from '../../protocol/offset.ts';
import type { StreamContext } from './context.ts';

/** `HEAD`: what is known of the stream; no read, so it renews nothing (protocol, "5.5."). */
export async function head({ exchange, services, ref }: StreamContext): Promise<void> {
  const found = await services.streams.find(ref);
  if (found.kind === 'refused') {
    exchange.refuse(found.refusal);
    return;
  }
  const { state, tail } = found.head;
  const headers = [
    'Content-Type',
    state.contentType,
    'Stream-Next-Offset',
    formatOffset(tail),
    'ETag',
    tagOf(found.head),
    'Cache-Control',
    'no-store',
  ];
  if (state.expiry.kind === 'ttl') headers.push('Stream-TTL', String(state.expiry.seconds));
  if (state.expiry.kind === 'at') headers.push('Stream-Expires-At', state.expiry.text);
  if (state.closed) headers.push('Stream-Closed', 'true');
  exchange.answer(200, headers);
}
