import { formatOffset, type Position } from '../../protocol/offset.ts';
import type { FollowedHead } from './source.ts';

/** What every read's answer says of where it ended. */
export function pageHeaders(head: FollowedHead, to: Position, isAtTail: boolean): string[] {
  const headers = ['Content-Type', head.contentType, 'Stream-Next-Offset', formatOffset(to)];
  if (isAtTail) headers.push('Stream-Up-To-Date', 'true');
  if (isAtTail && head.isClosed) headers.push('Stream-Closed', 'true');
  return headers;
}
