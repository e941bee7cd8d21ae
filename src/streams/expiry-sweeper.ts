import type { Clock } from '../lib/clock.ts';
import type { LogStore } from '../storage/port.ts';
import type { StreamService } from './stream-service.ts';

const INTERVAL_MS = 1000;
const STREAMS_PER_ROUND = 256;

/**
 * Removes streams whose time is up. Whether a stream is there never depends on it: the rules look
 * at the clock. It only gives back space and names that nobody asks for, a bounded number a second.
 */
export class ExpirySweeper {
  readonly #store: LogStore;
  readonly #streams: StreamService;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isSweeping = false;

  constructor(store: LogStore, streams: StreamService, clock: Clock) {
    this.#store = store;
    this.#streams = streams;
    this.#clock = clock;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#isSweeping) return;
      this.#isSweeping = true;
      const done = (): void => {
        this.#isSweeping = false;
      };
      // A store that fails says so to whoever asks it for something; here it is asked again later.
      this.#round = this.sweep().then(done, done);
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** One round. Names that turn out to have been renewed are left to their new time. */
  async sweep(): Promise<void> {
    const names = await this.#store.due(this.#clock.nowMs(), STREAMS_PER_ROUND);
    // One that cannot be read, being damaged, must not keep the others from going.
    await Promise.all(names.map((name) => this.#streams.expire(name).catch(() => undefined)));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
  }
}
