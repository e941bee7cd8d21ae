import type { StreamState } from '../protocol/state.ts';
import type { StoredHead } from '../storage/port.ts';

/** A head that is known to be a stream's. */
export interface StreamHead extends StoredHead {
  readonly state: StreamState;
}

export function isStreamHead(head: StoredHead | undefined): head is StreamHead {
  return head?.state.kind === 'stream';
}

/** The head of a stream that was just decided on, where a commit cannot have made it another's. */
export function asStreamHead(head: StoredHead | undefined): StreamHead {
  if (!isStreamHead(head)) throw new Error('invariant broken: a stream commit made no stream');
  return head;
}
