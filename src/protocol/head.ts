import type { Position } from './offset.ts';
import { isExpired } from './expiry.ts';
import type { LogState, StreamState } from './state.ts';

/** What is known of a log without reading its records. */
export interface Head {
  /** One life of a name: another after delete and create. Opaque, safe inside an entity tag. */
  readonly incarnation: string;
  /** The earliest position still held. */
  readonly start: Position;
  /** Where the next record goes. */
  readonly tail: Position;
  readonly state: LogState;
}

/** What a name means to a client right now. */
export type Standing =
  /** Nothing there, or something expired that nobody needs: the name is free. */
  | { kind: 'absent' }
  /** Deleted or expired, but forks still need its data: the name is held. */
  | { kind: 'gone' }
  | { kind: 'live'; state: StreamState };

export function standing(head: Head | undefined, nowMs: number): Standing {
  if (head?.state.kind !== 'stream') return { kind: 'absent' };
  const state = head.state;
  if (state.softDeleted) return { kind: 'gone' };
  if (!isExpired(state, nowMs)) return { kind: 'live', state };
  return state.forkCount > 0 ? { kind: 'gone' } : { kind: 'absent' };
}
