import type { Random } from '../../support/random.ts';
import type { Archive } from './archive.ts';
import type { Body } from './body.ts';
import { TRIGGERS, wanted } from './definitions.ts';
import { END, EVENTS, ORDERS, OUT, STREAMS, TARGET, X, Y, type StreamSpec } from './names.ts';
import type { Change, Standings } from './standing.ts';

export type Action =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'check' | 'checkpoint' }
  | { readonly kind: 'change'; readonly change: Change }
  | {
      readonly kind: 'write';
      readonly spec: StreamSpec;
      /** What stands for the last token of a managed stream's subjects. */
      readonly token: string;
      readonly bodies: readonly Body[];
    }
  | {
      readonly kind: 'make';
      readonly spec: StreamSpec;
      readonly messagesMax: number;
      readonly discard: 'old' | 'new';
    }
  | { readonly kind: 'drop'; readonly spec: StreamSpec };

const SOURCES = [ORDERS, EVENTS, X, Y] as const;
const TARGETS = [OUT, TARGET, END] as const;
const DROPPED = [EVENTS, Y] as const;
const TOKENS = ['a', 'b'] as const;
/** Fewer than a source may keep, so that each is seen once at least. */
const BODIES_MAX = 3;

/** What clients ask, and what else happens. */
export class TriggerWorkload {
  readonly #random: Random;
  readonly #standings: Standings;
  /** How many messages a source keeps; few are often overtaken. */
  readonly #keptMax: number;
  #written = 0;
  #triggers = 0;
  #room = 0;

  constructor(random: Random, standings: Standings) {
    this.#random = random;
    this.#standings = standings;
    this.#keptMax = random.pick([4, 8, 30] as const) ?? 8;
  }

  next(archive: Archive, mayAsk: boolean): Action {
    const random = this.#random;
    const kind = random.weighted<Action['kind']>([
      [mayAsk ? 45 : 0, 'write'],
      [mayAsk ? 14 : 0, 'change'],
      [mayAsk ? 6 : 0, 'make'],
      [mayAsk ? 1 : 0, 'drop'],
      [10, 'wait'],
      [3, 'check'],
      [3, 'checkpoint'],
    ]);
    switch (kind) {
      case 'wait':
        return { kind, ms: random.between(1, 400) };
      case 'check':
      case 'checkpoint':
        return { kind };
      case 'change':
        return { kind, change: this.#change() };
      case 'write':
        return this.#write(archive);
      case 'make':
        return this.make(this.#missing(archive) ?? OUT);
      case 'drop':
        return { kind, spec: random.pick(DROPPED) ?? EVENTS };
    }
  }

  #write(archive: Archive): Action {
    const random = this.#random;
    const spec = random.pick(SOURCES) ?? ORDERS;
    if (archive.current(spec) === undefined) return this.make(spec);
    const bodies = Array.from({ length: random.between(1, BODIES_MAX) }, () => this.#body());
    return { kind: 'write', spec, token: random.pick(TOKENS) ?? 'a', bodies };
  }

  #body(): Body {
    this.#written += 1;
    return { n: this.#written, keep: this.#random.chance(0.5) };
  }

  #missing(archive: Archive): StreamSpec | undefined {
    const missing = STREAMS.filter((spec) => archive.current(spec) === undefined);
    return this.#random.pick(missing);
  }

  /** Of a target that is there already: there is more room in it. */
  make(spec: StreamSpec): Action {
    if (spec === OUT) {
      this.#room += this.#random.between(5, 30);
      return { kind: 'make', spec, messagesMax: this.#room, discard: 'new' };
    }
    return { kind: 'make', spec, messagesMax: this.#keptMax, discard: 'old' };
  }

  /** Nothing stands in the triggers' way any more. */
  makeRoom(): readonly Action[] {
    const roomy = { kind: 'make', messagesMax: 1_000_000, discard: 'new' } as const;
    return [
      ...TARGETS.map((spec) => ({ ...roomy, spec })),
      ...SOURCES.map((spec) => this.make(spec)),
    ];
  }

  #change(): Change {
    const random = this.#random;
    const name = random.pick(TRIGGERS);
    if (name === undefined) throw new Error('there are triggers in this world');
    const standing = this.#standings.of(name);
    const kind = random.weighted<Change['kind']>([
      [standing === undefined ? 20 : 1, 'create'],
      [standing?.isPaused === false ? 4 : 1, 'pause'],
      [standing?.isPaused === true ? 8 : 1, 'resume'],
      [standing === undefined ? 1 : 3, 'remove'],
    ]);
    if (kind !== 'create') return { kind, name };
    this.#triggers += 1;
    return { kind, wanted: wanted(name, this.#triggers, random) };
  }
}
