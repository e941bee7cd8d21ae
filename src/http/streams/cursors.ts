import type { Clock } from '../../lib/clock.ts';
import { nextCursor } from '../../protocol/cursor.ts';

/** The cursors of one live reader: strictly beyond its own, and never behind one it was sent since. */
export class Cursors {
  readonly #clock: Clock;
  #floor: number;

  /** `sent`: the reader's own. `random`: in [0, 1). */
  constructor(clock: Clock, sent: string | undefined, random: number) {
    this.#clock = clock;
    this.#floor = Number(nextCursor(sent, clock.nowMs(), random));
  }

  next(): string {
    const current = Number(nextCursor(undefined, this.#clock.nowMs(), 0));
    this.#floor = Math.max(this.#floor, current);
    return String(this.#floor);
  }
}
