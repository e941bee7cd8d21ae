import type { ManagedConfig } from '../../../src/messages/config.ts';
import type { Held, StreamView } from '../../../src/messages/view.ts';
import { subjectMatcher, type Subject } from '../../../src/subjects/subject.ts';
import type { ModelManaged } from './model.ts';

/** The model of a stream as the rules look at it. */
export class ModelView implements StreamView {
  readonly #stream: ModelManaged;

  constructor(stream: ModelManaged) {
    this.#stream = stream;
  }

  get config(): ManagedConfig {
    return this.#stream.config;
  }

  get messages(): number {
    return this.#stream.messages.length;
  }

  get bytes(): number {
    return this.#stream.messages.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get lastSeq(): number {
    return this.#stream.lastSeq;
  }

  get lastAtMs(): number | undefined {
    return this.#stream.lastAtMs;
  }

  captures(subject: Subject): boolean {
    return this.config.subjects.some((pattern) => subjectMatcher(pattern)(subject));
  }

  countOf(subject: Subject): number {
    return this.#stream.messages.filter((held) => held.subject === subject).length;
  }

  lastSeqOf(subject: Subject): number {
    return this.#stream.messages.findLast((held) => held.subject === subject)?.seq ?? 0;
  }

  knownId(id: string): { readonly seq: number; readonly atMs: number } | undefined {
    return this.#stream.ids.get(id);
  }

  held(seq: number): Held | undefined {
    return this.#stream.messages.find((held) => held.seq === seq);
  }

  oldest(fromSeq: number): Held | undefined {
    return this.#stream.messages.find((held) => held.seq >= fromSeq);
  }

  oldestOf(subject: Subject, fromSeq: number): Held | undefined {
    return this.#stream.messages.find((held) => held.seq >= fromSeq && held.subject === subject);
  }
}
