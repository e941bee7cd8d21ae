import type { Shaped } from '../triggers/shape.ts';
import { Pending } from './pending.ts';
import type { SourceHead, SourceRead, SourceRecord, SourceStream } from './source.ts';

/** What a record is to be in the target. */
export type Shape = (record: SourceRecord) => Shaped;

/** What is delivered at once. */
export interface Batch {
  readonly messagesMax: number;
  /** How long it may wait until there are so many. 0: not at all. */
  readonly waitMs: number;
}

export interface ReadAheadParts {
  readonly source: SourceStream;
  readonly shape: Shape;
  readonly batch: Batch;
  readonly nowMs: () => number;
}

/** What is gathered for a page comes to no more, but for the last record. */
const GATHERED_BYTES_MAX = 1 << 20;
const GATHERED_RECORDS_MAX = 10_000;

/** Reads what is to be delivered next: one read of the source, or as much as makes a page. */
export class ReadAhead {
  readonly #parts: ReadAheadParts;
  #pending: Pending | undefined;
  #gatheringSinceMs: number | undefined;

  constructor(parts: ReadAheadParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#pending?.isEmpty !== false;
  }

  /** What is pending, where everything before this place is done with. */
  from(next: number): Pending {
    if (this.#pending === undefined || (this.isEmpty && this.#pending.next !== next)) {
      this.#pending = new Pending(next);
    }
    return this.#pending;
  }

  clear(): void {
    this.#pending = undefined;
    this.#gatheringSinceMs = undefined;
  }

  /** Reads on where less is pending than is delivered at once. Answers with what keeps it from that. */
  async read(
    head: SourceHead,
    pending: Pending,
  ): Promise<Exclude<SourceRead, { kind: 'read' }> | undefined> {
    const { source, shape } = this.#parts;
    let looked = 0;
    while (this.#wantsMore(pending, looked) && pending.next < head.tail) {
      const read = await source.read(head, pending.next);
      if (read.kind !== 'read') return read;
      for (const record of read.records) {
        if (pending.unfit === undefined) pending.add(record, shape(record));
      }
      pending.readThrough(read.next);
      looked += Math.max(1, read.records.length);
    }
    return undefined;
  }

  #wantsMore(pending: Pending, looked: number): boolean {
    const { messagesMax, waitMs } = this.#parts.batch;
    if (pending.unfit !== undefined) return false;
    if (waitMs === 0) return pending.isEmpty && looked === 0;
    const isRoom = pending.bytes < GATHERED_BYTES_MAX && looked < GATHERED_RECORDS_MAX;
    return isRoom && pending.messages < messagesMax;
  }

  /** How long a page that is not full may still wait for more. */
  waitMs({ tail }: SourceHead, pending: Pending): number {
    const { batch, nowMs } = this.#parts;
    const isAtTail = pending.next >= tail && pending.unfit === undefined;
    const isFull = pending.messages >= batch.messagesMax || pending.bytes >= GATHERED_BYTES_MAX;
    if (pending.messages === 0 || !isAtTail || isFull) {
      this.#gatheringSinceMs = undefined;
      return 0;
    }
    const now = nowMs();
    // A clock that has stepped back counts anew.
    this.#gatheringSinceMs = Math.min(this.#gatheringSinceMs ?? now, now);
    const leftMs = this.#gatheringSinceMs + batch.waitMs - now;
    if (leftMs <= 0) this.#gatheringSinceMs = undefined;
    return leftMs;
  }
}
