import type { ManagedConfig } from '../../src/messages/config.ts';
import { sizeOf, type Held, type StreamView } from '../../src/messages/view.ts';
import { subjectMatcher, type Subject } from '../../src/subjects/subject.ts';
import { managedConfig, subject } from './managed.ts';
import { NOW_MS } from './states.ts';

/** A message of a stream that nobody stores: its subject, and the bytes of its body. */
export interface Listed {
  readonly on: string;
  readonly seq?: number;
  readonly bodyBytes?: number;
  readonly atMs?: number;
}

/** A stream as the rules see it, of a plain list. */
export class ListedStream implements StreamView {
  readonly config: ManagedConfig;
  readonly lastSeq: number;
  readonly ids = new Map<string, { seq: number; atMs: number }>();
  readonly #held: readonly Held[];

  constructor(special: Partial<ManagedConfig>, listed: readonly Listed[], lastSeq?: number) {
    this.config = managedConfig(special);
    let next = 1;
    this.#held = listed.map(({ on, seq = next, bodyBytes = 1, atMs = NOW_MS }) => {
      next = seq + 1;
      return {
        seq,
        subject: subject(on),
        createdAtMs: atMs,
        bytes: sizeOf(subject(on), bodyBytes),
      };
    });
    this.lastSeq = lastSeq ?? next - 1;
  }

  get messages(): number {
    return this.#held.length;
  }

  get bytes(): number {
    return this.#held.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get lastAtMs(): number | undefined {
    return this.#held.at(-1)?.createdAtMs;
  }

  captures(what: Subject): boolean {
    return this.config.subjects.some((each) => subjectMatcher(each)(what));
  }

  countOf(what: Subject): number {
    return this.#held.filter((held) => held.subject === what).length;
  }

  lastSeqOf(what: Subject): number {
    return this.#held.findLast((held) => held.subject === what)?.seq ?? 0;
  }

  knownId(id: string): { readonly seq: number; readonly atMs: number } | undefined {
    return this.ids.get(id);
  }

  held(seq: number): Held | undefined {
    return this.#held.find((held) => held.seq === seq);
  }

  oldest(fromSeq: number): Held | undefined {
    return this.#held.find((held) => held.seq >= fromSeq);
  }

  oldestOf(what: Subject, fromSeq: number): Held | undefined {
    return this.#held.find((held) => held.seq >= fromSeq && held.subject === what);
  }
}

/** So many messages on the same subject. */
export function several(count: number, listed: Listed): Listed[] {
  return Array.from({ length: count }, () => listed);
}
