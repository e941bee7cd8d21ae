import { parseOffset } from '../../protocol/offset.ts';
import type { ReadRequest } from '../../protocol/request.ts';

/** An `EventSource` that reconnects says where it was in `Last-Event-ID`, its URL being the old one. */
export function resume(request: ReadRequest, lastEventId: string | undefined): ReadRequest {
  if (request.live !== 'sse' || lastEventId === undefined) return request;
  const offset = parseOffset(lastEventId);
  return offset?.kind === 'at' ? { ...request, offset } : request;
}
