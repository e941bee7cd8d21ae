import type { Subject } from '../subjects/subject.ts';
import type { Declined, LimitName } from './declined.ts';
import type { Held, StreamView } from './view.ts';

/** The oldest messages of a stream, or of a subject of it, while more are added and some go. */
class Frontier {
  /** Added since, so not in the stream that `next` knows. */
  readonly added: Held[] = [];
  readonly #next: (fromSeq: number) => Held | undefined;
  readonly #dropped: ReadonlySet<number>;
  /** Nothing before it is left, and of what was added nothing before the index. */
  #fromSeq = 0;
  #index = 0;

  constructor(next: (fromSeq: number) => Held | undefined, dropped: ReadonlySet<number>) {
    this.#next = next;
    this.#dropped = dropped;
  }

  oldest(): Held | undefined {
    for (
      let held = this.#next(this.#fromSeq);
      held !== undefined;
      held = this.#next(this.#fromSeq)
    ) {
      if (!this.#dropped.has(held.seq)) return held;
      this.#fromSeq = held.seq + 1;
    }
    for (; this.#index < this.added.length; this.#index += 1) {
      const held = this.added[this.#index];
      if (held !== undefined && !this.#dropped.has(held.seq)) return held;
    }
    return undefined;
  }
}

/**
 * A stream while messages are added to it one by one: what it holds then, and what had to go. Under
 * `discard: 'old'` the least is dropped that makes room, first of the message's own subject, then the
 * oldest; under `'new'` nothing ever is.
 */
export class Room {
  readonly dropped: Held[] = [];
  readonly #view: StreamView;
  /** Whether anything could be refused or dropped. */
  readonly isLimited: boolean;
  readonly #droppedSeqs = new Set<number>();
  readonly #front: Frontier;
  readonly #subjectFronts = new Map<Subject, Frontier>();
  /** How many more or fewer of a subject there are than in the view. */
  readonly #countChanges = new Map<Subject, number>();
  #messages: number;
  #bytes: number;

  constructor(view: StreamView) {
    const { messagesMax, bytesMax, messagesPerSubjectMax } = view.config;
    this.#view = view;
    this.#front = new Frontier((fromSeq) => view.oldest(fromSeq), this.#droppedSeqs);
    this.isLimited = (messagesMax ?? bytesMax ?? messagesPerSubjectMax) !== undefined;
    this.#messages = view.messages;
    this.#bytes = view.bytes;
  }

  /** Adds a message, or says which limit keeps it out. */
  add(message: Held): Declined | undefined {
    const refusal = this.#makeRoom(message);
    if (refusal !== undefined) return refusal;
    this.#front.added.push(message);
    if (this.#view.config.messagesPerSubjectMax !== undefined) {
      this.#frontOf(message.subject).added.push(message);
    }
    this.#count(message, 1);
    return undefined;
  }

  #makeRoom(message: Held): Declined | undefined {
    const { messagesMax, bytesMax, messagesPerSubjectMax, discard } = this.#view.config;
    const { subject, bytes } = message;
    // What is larger than all that the stream may hold would only push out the rest.
    if (bytesMax !== undefined && bytes > bytesMax) return reached('max_bytes', bytesMax);
    if (messagesPerSubjectMax !== undefined) {
      while (this.#countOf(subject) >= messagesPerSubjectMax) {
        if (discard === 'new') return reached('max_msgs_per_subject', messagesPerSubjectMax);
        if (!this.#drop(this.#frontOf(subject).oldest())) break;
      }
    }
    if (messagesMax !== undefined) {
      while (this.#messages >= messagesMax) {
        if (discard === 'new') return reached('max_msgs', messagesMax);
        if (!this.#drop(this.#front.oldest())) break;
      }
    }
    if (bytesMax !== undefined) {
      while (this.#bytes + bytes > bytesMax) {
        if (discard === 'new') return reached('max_bytes', bytesMax);
        if (!this.#drop(this.#front.oldest())) break;
      }
    }
    return undefined;
  }

  #drop(message: Held | undefined): boolean {
    if (message === undefined) return false;
    this.dropped.push(message);
    this.#droppedSeqs.add(message.seq);
    this.#count(message, -1);
    return true;
  }

  #count({ subject, bytes }: Held, sign: 1 | -1): void {
    this.#messages += sign;
    this.#bytes += sign * bytes;
    if (this.#view.config.messagesPerSubjectMax === undefined) return;
    this.#countChanges.set(subject, (this.#countChanges.get(subject) ?? 0) + sign);
  }

  #countOf(subject: Subject): number {
    return this.#view.countOf(subject) + (this.#countChanges.get(subject) ?? 0);
  }

  #frontOf(subject: Subject): Frontier {
    const known = this.#subjectFronts.get(subject);
    if (known !== undefined) return known;
    const next = (fromSeq: number): Held | undefined => this.#view.oldestOf(subject, fromSeq);
    const front = new Frontier(next, this.#droppedSeqs);
    this.#subjectFronts.set(subject, front);
    return front;
  }
}

function reached(limit: LimitName, max: number): Declined {
  return { code: 'limit-reached', limit, max };
}
