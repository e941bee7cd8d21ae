import type { Lsn } from '../wal/frame.ts';
import type { ManagedState, PendingChange } from './managed-entry.ts';

/** A durable state of a managed stream that the index takes in as a whole, after the one before. */
export interface Milestone {
  /** Undefined: the stream is gone. */
  readonly state: ManagedState | undefined;
  readonly lsn: Lsn;
  /** What has come since the milestone before, as unflushed bytes are counted. */
  readonly bytes: number;
  /** Storage ids that ended since then and may have left something in the index. */
  readonly dropped: readonly number[];
}

/**
 * The states of a managed stream that wait for a checkpoint, oldest first, `bytesMax` or one commit
 * apart: a checkpoint goes from one to the next, so none of its steps takes in more than that.
 */
export class Milestones {
  readonly #bytesMax: number;
  readonly #waiting: Milestone[] = [];
  /** The first one is on its way into the index: it stays as it is. */
  #isTaken = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** What a content must keep for the index: messages from this one on. */
  keptFrom({ content, firstSeq }: ManagedState): number {
    const oldest = this.#waiting.find(({ state }) => state?.content === content)?.state;
    return Math.min(oldest?.firstSeq ?? firstSeq, firstSeq);
  }

  add(before: ManagedState | undefined, { state, lsn, cost }: PendingChange): void {
    const dropped: number[] = [];
    const isEnd = before !== undefined && before.content !== state?.content;
    if (isEnd) dropped.push(before.content.storageId);
    if (before !== undefined && before.ids !== state?.ids) dropped.push(before.ids.birthId);
    const last = this.#isLastTaken ? undefined : this.#waiting.at(-1);
    if (last === undefined || last.bytes >= this.#bytesMax) {
      this.#waiting.push({ state, lsn, bytes: cost, dropped });
    } else {
      const bytes = last.bytes + cost;
      const all = dropped.length === 0 ? last.dropped : [...last.dropped, ...dropped];
      this.#waiting[this.#waiting.length - 1] = { state, lsn, bytes, dropped: all };
    }
    // What ended needs not to be taken in any more.
    if (isEnd) while (this.#joinOldest());
    else if (this.#isOldestGone(state)) this.#joinOldest();
  }

  /** The oldest, which from now on stays as it is; undefined when nothing waits. */
  take(): Milestone | undefined {
    this.#isTaken = !this.isEmpty;
    return this.#waiting[0];
  }

  /** The index has what was taken. */
  letGo(): void {
    this.#waiting.shift();
    this.#isTaken = false;
  }

  get #isLastTaken(): boolean {
    return this.#isTaken && this.#waiting.length === 1;
  }

  /** Whether all that came with the oldest is gone again. */
  #isOldestGone(state: ManagedState | undefined): boolean {
    const oldest = this.#waiting[this.#isTaken ? 1 : 0]?.state;
    if (oldest === undefined || oldest.content !== state?.content) return false;
    return state.firstSeq > oldest.lastSeq;
  }

  /** Makes one of the two oldest. False: there are no two that may still change. */
  #joinOldest(): boolean {
    const at = this.#isTaken ? 1 : 0;
    const oldest = this.#waiting[at];
    const next = this.#waiting[at + 1];
    if (oldest === undefined || next === undefined) return false;
    const bytes = oldest.bytes + next.bytes;
    const dropped = [...oldest.dropped, ...next.dropped];
    this.#waiting.splice(at, 2, { ...next, bytes, dropped });
    return true;
  }
}
