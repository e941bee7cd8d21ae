import type { Random } from '../support/random.ts';
import { systemError } from './disk.ts';

/** The kinds of calls that can be made to fail. */
export type CallKind =
  | 'list'
  | 'create'
  | 'open'
  | 'read'
  | 'write'
  | 'datasync'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'commit'
  | 'flush'
  | 'other';

/** Calls of a kind fail with a code, from the one after `after` others, `times` in a row. */
export interface Fault {
  readonly on: CallKind;
  readonly code: string;
  after: number;
  times: number;
}

/** A call to the operating system or the index, on its way. */
interface Call {
  readonly label: string;
  /** What must come first, as a close waits for the file's other calls. */
  readonly isReady: () => boolean;
  /** Takes effect and keeps the result for `deliver`. */
  readonly execute: () => void;
  /** What a process's sudden end makes of a call that had not taken effect. */
  readonly interrupt: (random: Random) => void;
  readonly deliver: () => void;
  isExecuted: boolean;
  /** Others overtake it, mostly. */
  readonly isSlow: boolean;
}

export interface CallOptions<T> {
  readonly kind: CallKind;
  readonly label: string;
  readonly effect: () => T;
  /** Where a failure changes something too. Returns when the call succeeds after all, in part. */
  readonly failure?: (code: string) => T;
  readonly interrupt?: (random: Random) => void;
  readonly isReady?: () => boolean;
}

/** In some lives one kind of call takes its time, in all of them a call now and then does. */
const SLOW_KINDS: readonly CallKind[] = ['commit', 'flush', 'datasync', 'write', 'syncDirectory'];
const SLOW_LIFE_CHANCE = 0.4;
const SLOW_CALL_CHANCE = 0.03;
const SLOW_STEP_CHANCE = 0.08;

const always = (): boolean => true;

/**
 * The calls of one process. Each takes effect when the simulation says so and returns when it says
 * so, in any order; once the process is dead none does either.
 */
export class Calls {
  readonly #random: Random;
  readonly #trace: (line: string) => void;
  readonly #faults: readonly Fault[];
  readonly #slowKind: CallKind | undefined;
  #pending: Call[] = [];
  #isDead = false;
  /** Codes of the faults that struck, by the kind of call. */
  readonly struck: { readonly on: CallKind; readonly code: string }[] = [];

  constructor(random: Random, faults: readonly Fault[], trace: (line: string) => void) {
    this.#random = random;
    this.#faults = faults;
    this.#slowKind = random.chance(SLOW_LIFE_CHANCE) ? random.pick(SLOW_KINDS) : undefined;
    this.#trace = trace;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  make<T>(options: CallOptions<T>): Promise<T> {
    const { kind, label, effect, failure, interrupt, isReady = always } = options;
    return new Promise<T>((resolve, reject) => {
      if (this.#isDead) return;
      let settle = (): void => undefined;
      this.#pending.push({
        label,
        isReady,
        isExecuted: false,
        isSlow: kind === this.#slowKind || this.#random.chance(SLOW_CALL_CHANCE),
        execute: () => {
          try {
            const code = this.#faultFor(kind);
            if (code !== undefined && failure === undefined) throw systemError(code);
            const value = code !== undefined && failure !== undefined ? failure(code) : effect();
            settle = () => {
              resolve(value);
            };
          } catch (error) {
            settle = () => {
              reject(error instanceof Error ? error : new Error(String(error)));
            };
          }
        },
        interrupt:
          interrupt ??
          ((random) => {
            if (random.chance(0.5)) effect();
          }),
        deliver: () => {
          settle();
        },
      });
    });
  }

  /** Moves one call on: it takes effect, or returns, or both. False when none moves now. */
  step(): boolean {
    const ready = this.#pending.filter((call) => call.isExecuted || call.isReady());
    const quick = ready.filter(({ isSlow }) => !isSlow);
    const call = this.#random.pick(this.#random.chance(SLOW_STEP_CHANCE) ? ready : quick);
    if (call === undefined) return false;
    if (!call.isExecuted) {
      call.isExecuted = true;
      call.execute();
      this.#trace(`  does ${call.label}`);
      if (this.#random.chance(0.3)) return true;
    }
    this.#trace(`  done ${call.label}`);
    this.#pending.splice(this.#pending.indexOf(call), 1);
    call.deliver();
    return true;
  }

  /** The process is no more. What it had asked for may still have happened, also in part. */
  die(): void {
    this.#isDead = true;
    for (const call of this.#pending) {
      if (call.isExecuted) continue;
      try {
        call.interrupt(this.#random);
      } catch {
        // Nobody is there to be told of a failure.
      }
    }
    this.#pending = [];
  }

  #faultFor(kind: CallKind): string | undefined {
    for (const fault of this.#faults) {
      if (fault.on !== kind || fault.times === 0) continue;
      if (fault.after > 0) {
        fault.after -= 1;
        continue;
      }
      fault.times -= 1;
      this.struck.push({ on: kind, code: fault.code });
      this.#trace(`  ${fault.code} strikes ${kind}`);
      return fault.code;
    }
    return undefined;
  }
}
