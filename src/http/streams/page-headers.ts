import type { Caller } from '../../accounts/caller.ts';
import type { EventEncoding } from '../../protocol/content-type.ts';
import { formatOffset, type Position } from '../../protocol/offset.ts';
import type { FollowedHead } from './source.ts';

/** What every read's answer says of where it ended. */
export function pageHeaders(head: FollowedHead, to: Position, isAtTail: boolean): string[] {
  const headers = ['Content-Type', head.contentType, 'Stream-Next-Offset', formatOffset(to)];
  if (isAtTail) headers.push('Stream-Up-To-Date', 'true');
  if (isAtTail && head.isClosed) headers.push('Stream-Closed', 'true');
  return headers;
}

/** What begins an answer of events, so that nothing on the way holds it back or keeps it. */
export function eventHeaders(encoding: EventEncoding, { isIdentified }: Caller): string[] {
  const control = isIdentified ? 'private, no-cache, no-transform' : 'no-cache, no-transform';
  const headers = ['Content-Type', 'text/event-stream', 'Cache-Control', control];
  headers.push('X-Accel-Buffering', 'no');
  if (encoding === 'base64') headers.push('Stream-SSE-Data-Encoding', 'base64');
  return headers;
}
