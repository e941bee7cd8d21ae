/** What a trigger is doing, since when, and why where that is not plain. */
export type TriggerState =
  | { readonly kind: 'active'; readonly sinceMs: number }
  /** Nothing is wrong with the record; it is tried again by itself. */
  | { readonly kind: 'waiting'; readonly sinceMs: number; readonly reason: string }
  /** The record at this place is taken by no attempt: somebody has to change something. */
  | {
      readonly kind: 'blocked';
      readonly sinceMs: number;
      readonly reason: string;
      readonly at: number;
    }
  | { readonly kind: 'paused'; readonly sinceMs: number }
  /** It had one record to carry, and has. */
  | { readonly kind: 'completed'; readonly sinceMs: number }
  /** It met an error that nobody had foreseen, and carries nothing until it is resumed. */
  | { readonly kind: 'failed'; readonly sinceMs: number; readonly reason: string };

export type TriggerEvent =
  /** A record was delivered, or there is none that is not. */
  | { readonly kind: 'went-on' }
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'faulted'; readonly reason: string; readonly at: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'crashed'; readonly reason: string };

/** What a trigger is after an event. The same state as before keeps the time since when it is. */
export function afterEvent(state: TriggerState, event: TriggerEvent, nowMs: number): TriggerState {
  switch (state.kind) {
    case 'completed':
      return state;
    case 'paused':
    case 'failed':
      return event.kind === 'resumed'
        ? { kind: 'active', sinceMs: nowMs }
        : whilePaused(state, event, nowMs);
    case 'active':
    case 'waiting':
    case 'blocked':
      return whileRunning(state, event, nowMs);
  }
}

/** What was under way when somebody paused it may end only now, and changes nothing any more. */
function whilePaused(
  state: Extract<TriggerState, { kind: 'paused' | 'failed' }>,
  event: Exclude<TriggerEvent, { kind: 'resumed' }>,
  nowMs: number,
): TriggerState {
  const isFinal = event.kind === 'completed';
  if (isFinal) return { kind: 'completed', sinceMs: nowMs };
  const isPausedNow = event.kind === 'paused' && state.kind === 'failed';
  return isPausedNow ? { kind: 'paused', sinceMs: nowMs } : state;
}

type Running = Extract<TriggerState, { kind: 'active' | 'waiting' | 'blocked' }>;

function whileRunning(state: Running, event: TriggerEvent, nowMs: number): TriggerState {
  switch (event.kind) {
    case 'went-on':
    case 'resumed':
      return state.kind === 'active' ? state : { kind: 'active', sinceMs: nowMs };
    case 'waits': {
      const { reason } = event;
      const isSame = state.kind === 'waiting' && state.reason === reason;
      return isSame ? state : { kind: 'waiting', sinceMs: nowMs, reason };
    }
    case 'faulted': {
      const { reason, at } = event;
      const isSame = state.kind === 'blocked' && state.reason === reason && state.at === at;
      return isSame ? state : { kind: 'blocked', sinceMs: nowMs, reason, at };
    }
    case 'paused':
      return { kind: 'paused', sinceMs: nowMs };
    case 'completed':
      return { kind: 'completed', sinceMs: nowMs };
    case 'crashed':
      return { kind: 'failed', sinceMs: nowMs, reason: event.reason };
  }
}
