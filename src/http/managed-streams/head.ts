import { JSON_TYPE } from '../../protocol/content-type.ts';
import { formatOffset } from '../../protocol/offset.ts';
import { findManaged, tagOf, tailOf, type ManagedStreamContext } from './context.ts';

/** `HEAD /streams/{name}`. */
export function headManaged(context: ManagedStreamContext): Promise<void> {
  const found = findManaged(context);
  if (found !== undefined) {
    const { head } = found;
    context.exchange.answer(200, [
      'Content-Type',
      JSON_TYPE,
      'Stream-Next-Offset',
      formatOffset(tailOf(head)),
      'ETag',
      tagOf(head),
      'Cache-Control',
      'no-store',
    ]);
  }
  return Promise.resolve();
}
