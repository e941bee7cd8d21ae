import { NS_PER_MS, type ManagedConfig } from '../../messages/config.ts';
import { sizeOf, type Held, type StreamView } from '../../messages/view.ts';
import { isSubject, subjectMatcher, type Subject } from '../../subjects/subject.ts';
import type { ManagedHead, StoredMessage } from '../message-port.ts';
import { Seqs } from './seqs.ts';

/** A managed stream in memory, with an index of its subjects. */
export class ManagedStream implements StreamView {
  readonly name: string;
  readonly incarnation: string;
  readonly createdAtMs: number;
  config: ManagedConfig;
  revision = 1;
  bytes = 0;
  lastSeq = 0;
  lastAtMs: number | undefined;
  readonly #messages = new Map<number, StoredMessage>();
  readonly #seqs = new Seqs();
  readonly #bySubject = new Map<Subject, Seqs>();
  /** In the order in which they came. */
  readonly #ids = new Map<string, { readonly seq: number; readonly atMs: number }>();
  #matchers: readonly ((subject: string) => boolean)[];

  constructor(name: string, incarnation: string, config: ManagedConfig, createdAtMs: number) {
    this.name = name;
    this.incarnation = incarnation;
    this.config = config;
    this.createdAtMs = createdAtMs;
    this.#matchers = config.subjects.map(subjectMatcher);
  }

  get messages(): number {
    return this.#messages.size;
  }

  get head(): ManagedHead {
    const { name, incarnation, revision, config, createdAtMs, messages, bytes } = this;
    const { lastSeq, lastAtMs } = this;
    return {
      name,
      incarnation,
      revision,
      config,
      createdAtMs,
      messages,
      bytes,
      firstSeq: this.#seqs.from(0) ?? lastSeq + 1,
      lastSeq,
      lastAtMs,
      subjects: this.#bySubject.size,
    };
  }

  configure(config: ManagedConfig): void {
    this.config = config;
    this.revision += 1;
    this.#matchers = config.subjects.map(subjectMatcher);
  }

  captures(subject: Subject): boolean {
    return this.#matchers.some((matches) => matches(subject));
  }

  countOf(subject: Subject): number {
    return this.#bySubject.get(subject)?.size ?? 0;
  }

  lastSeqOf(subject: Subject): number {
    return this.#bySubject.get(subject)?.last ?? 0;
  }

  knownId(id: string): { readonly seq: number; readonly atMs: number } | undefined {
    return this.#ids.get(id);
  }

  held(seq: number): Held | undefined {
    const message = this.#messages.get(seq);
    if (message === undefined) return undefined;
    const { subject, createdAtMs, body } = message;
    return { seq, subject, createdAtMs, bytes: sizeOf(subject, body.length) };
  }

  oldest(fromSeq: number): Held | undefined {
    const seq = this.#seqs.from(fromSeq);
    return seq === undefined ? undefined : this.held(seq);
  }

  oldestOf(subject: Subject, fromSeq: number): Held | undefined {
    const seq = this.#bySubject.get(subject)?.from(fromSeq);
    return seq === undefined ? undefined : this.held(seq);
  }

  message(seq: number): StoredMessage | undefined {
    return this.#messages.get(seq);
  }

  /** The next message, of the subject where one is named. */
  next(fromSeq: number, subject: Subject | undefined): StoredMessage | undefined {
    const seqs = subject === undefined ? this.#seqs : this.#bySubject.get(subject);
    const seq = seqs?.from(fromSeq);
    return seq === undefined ? undefined : this.#messages.get(seq);
  }

  *subjectCounts(): Generator<readonly [Subject, number]> {
    for (const [subject, seqs] of this.#bySubject) yield [subject, seqs.size];
  }

  add(message: StoredMessage): void {
    const { seq, subject, body, createdAtMs } = message;
    this.#messages.set(seq, message);
    this.#seqs.add(seq);
    const seqs = this.#bySubject.get(subject) ?? new Seqs();
    this.#bySubject.set(subject, seqs);
    seqs.add(seq);
    this.bytes += sizeOf(subject, body.length);
    this.lastSeq = seq;
    this.lastAtMs = createdAtMs;
  }

  delete({ seq, subject, bytes }: Held): void {
    if (!this.#messages.delete(seq)) return;
    this.#seqs.delete(seq);
    this.bytes -= bytes;
    const seqs = this.#bySubject.get(subject);
    seqs?.delete(seq);
    if (seqs?.size === 0) this.#bySubject.delete(subject);
  }

  /** Remembers an id, and forgets those whose window has passed. */
  remember(id: string, seq: number, atMs: number): void {
    this.#ids.delete(id);
    this.#ids.set(id, { seq, atMs });
    const windowMs = this.config.duplicateWindowNs / NS_PER_MS;
    for (const [known, { atMs: knownAtMs }] of this.#ids) {
      if (atMs - knownAtMs < windowMs) break;
      this.#ids.delete(known);
    }
  }
}

/** The subject that a filter stands for, where it is one without wildcards. */
export function onlySubject(filter: string | undefined): Subject | undefined {
  return filter !== undefined && isSubject(filter) ? filter : undefined;
}
