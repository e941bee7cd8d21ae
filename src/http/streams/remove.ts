import { parseTagList } from '../../protocol/etag.ts';
import type { StreamContext } from './context.ts';

/** `DELETE` (protocol, "5.4. Delete Stream"). */
export async function remove({ exchange, services, ref }: StreamContext): Promise<void> {
  const { ifMatch } = exchange.headers;
  const tags = ifMatch === undefined ? undefined : parseTagList(ifMatch);
  if (ifMatch !== undefined && tags === undefined) {
    const reason = 'must be * or a list of quoted entity tags';
    exchange.refuse({ code: 'invalid-header', header: 'If-Match', reason });
    return;
  }
  const outcome = await services.streams.remove(ref, tags);
  if (outcome.kind === 'refused') exchange.refuse(outcome.refusal);
  else exchange.answer(204, []);
}
