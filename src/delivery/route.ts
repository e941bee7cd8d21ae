import type { NewMessage } from '../messages/config.ts';
import type { Shaped } from '../triggers/shape.ts';
import { DataCorrupt, type LogStore } from '../storage/port.ts';
import { MovingDocument } from '../storage/documents.ts';
import { begin, PROGRESS_FORM, type Progress } from './progress.ts';
import type { SourceHead, SourceRecord, SourceStream } from './source.ts';
import type { TargetStream } from './target.ts';
import type { FaultReason, WaitReason } from './verdict.ts';

/** What a record is to be in the target. */
export type Shape = (record: SourceRecord) => Shaped;

export interface RouteParts {
  readonly logs: LogStore;
  readonly source: SourceStream;
  readonly target: TargetStream;
  readonly shape: Shape;
  /** The document that says how far it has come. */
  readonly progressName: string;
  /** Where to begin in a stream that nothing is stored of. */
  readonly first: (head: SourceHead) => Promise<number>;
}

type ShapeFault = Extract<Shaped, { kind: 'fault' }>['reason'];

export type StepOutcome =
  /** There may be more at once. */
  | { readonly kind: 'moved-on' }
  | { readonly kind: 'caught-up' }
  | { readonly kind: 'waiting'; readonly reason: WaitReason }
  /** The target will never take the record at this place. */
  | { readonly kind: 'fault'; readonly reason: FaultReason | ShapeFault; readonly at: number };

interface ShapedRecord {
  readonly record: SourceRecord;
  /** Undefined: it is filtered out. */
  readonly message: NewMessage | undefined;
}

/** How many records may be filtered out before it is stored that they were. */
const FILTERED_UNSTORED_MAX = 10_000;

/**
 * Carries records from one source stream to a trigger's target, in their order and once each: what a
 * commit adds to the target and how far the trigger has come are one commit.
 */
export class Route {
  readonly #parts: RouteParts;
  #stored: MovingDocument<Progress> | undefined;
  /** How far it has come; ahead of what is stored by records that were filtered out. */
  #progress: Progress | undefined;

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  get progress(): Progress | undefined {
    return this.#progress;
  }

  /** Carries a part of what is there. */
  async step(): Promise<StepOutcome> {
    try {
      return await this.#step();
    } catch (error) {
      if (error instanceof DataCorrupt) return { kind: 'waiting', reason: 'source-unreadable' };
      throw error;
    }
  }

  async #step(): Promise<StepOutcome> {
    const { source } = this.#parts;
    const head = await source.head();
    if (head === undefined) return { kind: 'waiting', reason: 'source-missing' };
    const progress = await this.#progressIn(head);
    if (progress.next >= head.tail) return { kind: 'caught-up' };
    const read = await source.read(head, progress.next);
    if (read.kind === 'absent') return { kind: 'moved-on' };
    if (read.kind === 'corrupt') return { kind: 'waiting', reason: 'source-unreadable' };
    const outcome = await this.#carry(read.records, read.next, progress);
    const isAtTail = (this.#progress?.next ?? 0) >= head.tail;
    return outcome.kind === 'moved-on' && isAtTail ? { kind: 'caught-up' } : outcome;
  }

  async #progressIn(head: SourceHead): Promise<Progress> {
    let progress = this.#progress;
    if (progress === undefined) {
      this.#stored = await this.#load();
      progress = this.#stored.at ?? begin(head.incarnation, await this.#parts.first(head));
    }
    if (progress.incarnation !== head.incarnation) {
      // What was deleted and made anew is another stream, all of which is new.
      progress = { ...progress, incarnation: head.incarnation, next: head.first };
    } else if (progress.next < head.first) {
      const missed = progress.missed + head.first - progress.next;
      progress = { ...progress, next: head.first, missed };
    }
    this.#progress = progress;
    return progress;
  }

  /** A target that takes not all of the records may take the first ones. */
  async #carry(
    records: readonly SourceRecord[],
    through: number,
    before: Progress,
  ): Promise<StepOutcome> {
    const { shaped, fault } = this.#shape(records);
    let part = shaped;
    let next = fault === undefined ? through : fault.at;
    if (fault !== undefined && part.length === 0) return fault;
    for (;;) {
      const messages = part.flatMap(({ message }) => message ?? []);
      const filtered = before.filtered + part.length - messages.length;
      const delivered = before.delivered + messages.length;
      const progress: Progress = { ...before, next, filtered, delivered };
      if (messages.length === 0) return this.#pass(progress);
      const verdict = await this.#deliver(messages, progress);
      switch (verdict.kind) {
        case 'delivered':
          return { kind: 'moved-on' };
        case 'moved':
          // Decided on what is not so any more: begin again from what is stored.
          this.#progress = undefined;
          return { kind: 'moved-on' };
        case 'waiting':
          if (!isOfTheTarget(verdict.reason) || part.length === 1) return verdict;
          break;
        case 'fault':
          if (part.length === 1) return { ...verdict, at: part[0]?.record.at ?? before.next };
      }
      part = part.slice(0, part.length >> 1);
      next = part.at(-1)?.record.next ?? before.next;
    }
  }

  /** The records up to the first that nothing can be made of, and what they are to be. */
  #shape(records: readonly SourceRecord[]): {
    readonly shaped: readonly ShapedRecord[];
    readonly fault: Extract<StepOutcome, { kind: 'fault' }> | undefined;
  } {
    const shaped: ShapedRecord[] = [];
    for (const record of records) {
      const made = this.#parts.shape(record);
      if (made.kind === 'fault') return { shaped, fault: { ...made, at: record.at } };
      shaped.push({ record, message: made.kind === 'message' ? made : undefined });
    }
    return { shaped, fault: undefined };
  }

  async #deliver(
    messages: readonly NewMessage[],
    progress: Progress,
  ): ReturnType<TargetStream['deliver']> {
    const stored = (this.#stored ??= await this.#load());
    const verdict = await this.#parts.target.deliver(messages, [stored.moveTo(progress)]);
    if (verdict.kind !== 'delivered') return verdict;
    this.#progress = progress;
    await stored.reload(this.#parts.logs);
    return verdict;
  }

  /** Nothing is lost when this is forgotten: the same records are filtered out again. */
  async #pass(progress: Progress): Promise<StepOutcome> {
    this.#progress = progress;
    const stored = (this.#stored ??= await this.#load());
    const unstored = progress.filtered - (stored.at?.filtered ?? 0);
    if (unstored < FILTERED_UNSTORED_MAX) return { kind: 'moved-on' };
    const outcome = await this.#parts.logs.commit([stored.moveTo(progress)]);
    if (outcome.kind === 'stored') await stored.reload(this.#parts.logs);
    else this.#progress = undefined;
    return { kind: 'moved-on' };
  }

  #load(): Promise<MovingDocument<Progress>> {
    return MovingDocument.load(this.#parts.logs, this.#parts.progressName, PROGRESS_FORM);
  }
}

/** Whether it may be so of some records only: each goes to the stream that captures its subject. */
function isOfTheTarget(reason: WaitReason): boolean {
  return reason === 'target-full' || reason === 'target-missing' || reason === 'target-sealed';
}
