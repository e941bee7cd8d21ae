import type { ServiceDirectory } from '../services/service.ts';
import { afterEvent, type TriggerState } from '../triggers/trigger-state.ts';
import type { CarriedSource, Running, TriggerIdentity } from './running.ts';

/** A trigger from service to service: it carries nothing, and answers while its service is there. */
export class RelayTrigger implements Running {
  readonly #services: ServiceDirectory;
  readonly #identity: TriggerIdentity;
  readonly #nowMs: () => number;
  readonly #answering = new AbortController();
  #state: TriggerState;

  constructor(services: ServiceDirectory, identity: TriggerIdentity, nowMs: () => number) {
    this.#services = services;
    this.#identity = identity;
    this.#nowMs = nowMs;
    this.#state = { kind: 'active', sinceMs: nowMs() };
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
    const isThere = this.#services.find(account, definition.from.pattern) !== undefined;
    this.#state = afterEvent(
      this.#state,
      isThere ? { kind: 'went-on' } : { kind: 'waits', reason: 'service-missing' },
      this.#nowMs(),
    );
  }

  sources(): Promise<readonly CarriedSource[]> {
    return Promise.resolve([]);
  }

  stop(): Promise<void> {
    this.#answering.abort();
    return Promise.resolve();
  }
}
