import type { Clock } from '../lib/clock.ts';
import type { ManagedHead, MessageStore } from '../storage/message-port.ts';
import { enforceAll } from './enforcing.ts';
import type { SubjectTrims } from './subject-trims.ts';

const INTERVAL_MS = 1000;

/**
 * Drops messages whose time is up, and finishes the trimming that a stop interrupted. Streams that
 * have no limit of their own are not looked at.
 */
export class ManagedSweeper {
  readonly #store: MessageStore;
  readonly #trims: SubjectTrims;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;

  constructor(store: MessageStore, trims: SubjectTrims, clock: Clock) {
    this.#store = store;
    this.#trims = trims;
    this.#clock = clock;
  }

  start(): void {
    this.#timer = setInterval(() => {
      const done = (): void => {
        this.#round = undefined;
      };
      // A store that fails says so to whoever asks it for something; here it is asked again later.
      this.#round ??= this.sweep().then(done, done);
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  async sweep(): Promise<void> {
    await this.#trims.finish();
    for (const { name } of this.#store.readableStreams('').filter(needsLooking)) {
      await enforceAll(this.#store, name, this.#clock.nowMs());
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
  }
}

function needsLooking({ config, messages, bytes }: ManagedHead): boolean {
  if (messages === 0) return false;
  if (config.maxAgeNs !== undefined) return true;
  return messages > (config.messagesMax ?? Infinity) || bytes > (config.bytesMax ?? Infinity);
}
