import { unreachableFor } from './answer.ts';
import type { Cut } from './cut.ts';

interface Origin {
  inside: number;
  /** In the order of their coming. */
  readonly waiting: Set<() => void>;
}

/**
 * Lets so many requests at once to each origin. Those that wait leave when they are cut; in an
 * agent's own queue they would stay until a connection is free, which may be never.
 */
export class OriginGate {
  readonly #insideMax: number;
  readonly #waitingMax: number;
  readonly #origins = new Map<string, Origin>();

  /** Each of an origin: as many inside, and as many that wait. */
  constructor(insideMax: number, waitingMax: number) {
    this.#insideMax = insideMax;
    this.#waitingMax = waitingMax;
  }

  get waiting(): number {
    return [...this.#origins.values()].reduce((sum, { waiting }) => sum + waiting.size, 0);
  }

  /** True once it is inside, and has to leave; false when it was cut before, or for being too many. */
  enter(name: string, cut: Cut): Promise<boolean> {
    const origin = this.#origins.get(name) ?? { inside: 0, waiting: new Set() };
    this.#origins.set(name, origin);
    if (origin.inside < this.#insideMax) {
      origin.inside += 1;
      return Promise.resolve(true);
    }
    if (origin.waiting.size >= this.#waitingMax) {
      cut.because(unreachableFor('busy'));
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const go = (): void => {
        resolve(true);
      };
      origin.waiting.add(go);
      cut.onCut(() => {
        if (origin.waiting.delete(go)) resolve(false);
      });
    });
  }

  leave(name: string): void {
    const origin = this.#origins.get(name);
    if (origin === undefined) return;
    const [next] = origin.waiting;
    if (next !== undefined) {
      // Its place goes over to the next.
      origin.waiting.delete(next);
      next();
      return;
    }
    origin.inside -= 1;
    if (origin.inside === 0) this.#origins.delete(name);
  }
}
