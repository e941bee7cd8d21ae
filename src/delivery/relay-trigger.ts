import { afterEvent, type TriggerState } from '../triggers/trigger-state.ts';
import type { CarriedSource, Running, RunningParts, TriggerIdentity } from './running.ts';

type RelayTriggerParts = Pick<RunningParts, 'services' | 'clock' | 'states'>;

/** A trigger from service to service: it carries nothing, and answers while its service is there. */
export class RelayTrigger implements Running {
  readonly #parts: RelayTriggerParts;
  readonly #identity: TriggerIdentity;
  readonly #answering = new AbortController();
  #state: TriggerState;

  constructor(parts: RelayTriggerParts, identity: TriggerIdentity) {
    this.#parts = parts;
    this.#identity = identity;
    this.#state = { kind: 'active', sinceMs: parts.clock.nowMs() };
    this.lookAgain();
  }

  get state(): TriggerState {
    return this.#state;
  }

  get ended(): AbortSignal {
    return this.#answering.signal;
  }

  lookAgain(): void {
    const { account, definition } = this.#identity;
    const { services, clock, states } = this.#parts;
    const isThere = services.find(account, definition.from.pattern) !== undefined;
    this.#state = afterEvent(
      this.#state,
      isThere ? { kind: 'went-on' } : { kind: 'waits', reason: 'service-missing' },
      clock.nowMs(),
    );
    if (this.#state.kind === 'waiting') states.stoodStill(this.#identity, this.#state);
    else states.went(this.#identity, 'active');
  }

  sources(): Promise<readonly CarriedSource[]> {
    return Promise.resolve([]);
  }

  stop(): Promise<void> {
    this.#answering.abort();
    return Promise.resolve();
  }
}
