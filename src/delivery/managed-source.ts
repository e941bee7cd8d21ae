import type { MessageStore } from '../storage/message-port.ts';
import type { SubjectPattern } from '../subjects/subject.ts';
import type { SourceHead, SourceRead, SourceStream } from './source.ts';

const RECORDS_PER_READ = 1000;
const BYTES_PER_READ = 1 << 20;

/** The messages of a managed stream whose subjects match. */
export class ManagedSource implements SourceStream {
  readonly name: string;
  readonly #messages: MessageStore;
  readonly #stored: string;
  readonly #filter: SubjectPattern;

  /** `stored`: the stream's name in the store. */
  constructor(messages: MessageStore, stored: string, filter: SubjectPattern) {
    this.#messages = messages;
    this.#stored = stored;
    this.#filter = filter;
    this.name = stored.slice(stored.indexOf('\0') + 1);
  }

  head(): Promise<SourceHead | undefined> {
    const head = this.#messages.managed(this.#stored);
    if (head === undefined) return Promise.resolve(undefined);
    const { incarnation, config, firstSeq, lastSeq } = head;
    // A mirror's sequences are its origin's, and may begin anywhere.
    const begin = config.mirror === undefined ? 1 : firstSeq;
    return Promise.resolve({ incarnation, begin, first: firstSeq, tail: lastSeq + 1 });
  }

  async read({ incarnation, tail }: SourceHead, from: number): Promise<SourceRead> {
    if (from >= tail) return { kind: 'read', records: [], next: from };
    const found = await this.#messages.find(this.#stored, {
      fromSeq: from,
      filter: this.#filter,
      messagesMax: RECORDS_PER_READ,
      bytesMax: BYTES_PER_READ,
    });
    if (found.kind !== 'found') return found;
    // Another stream may have taken the name since; what was read may be of either.
    if (this.#messages.managed(this.#stored)?.incarnation !== incarnation)
      return { kind: 'absent' };
    const records = found.messages.map(({ seq, subject, createdAtMs, body }) => {
      return { at: seq, next: seq + 1, subject, createdAtMs, body };
    });
    return { kind: 'read', records, next: found.throughSeq + 1 };
  }

  watch(onChange: () => void): () => void {
    return this.#messages.watchManaged(this.#stored, onChange);
  }
}
