import { DataCorrupt } from '../storage/port.ts';
import type { OnError } from '../triggers/on-error.ts';
import type { Completion } from './completion.ts';
import type { DeadLetters } from './dead-letters.ts';
import { firstDelivered, type Part, type Pending, type ShapeFault, type Tried } from './pending.ts';
import type { Progress } from './progress.ts';
import { ReadAhead, type ReadAheadParts } from './read-ahead.ts';
import type { SourceHead } from './source.ts';
import type { TargetStream } from './target.ts';
import { TrackedProgress, type TrackedProgressParts } from './tracked-progress.ts';
import {
  isOfTheTarget,
  verdictOfStore,
  type Fault,
  type FaultReason,
  type Verdict,
  type Waiting,
} from './verdict.ts';

export interface RouteParts extends ReadAheadParts, Omit<TrackedProgressParts, 'mark'> {
  readonly target: TargetStream;
  readonly onError: OnError;
  /** Attempts count over restarts. */
  readonly keepsAttempts: boolean;
  readonly deadLetters: DeadLetters;
  readonly completion: Completion;
  /** The first record that is delivered completes it. */
  readonly isSingle: boolean;
}

export type StepOutcome =
  /** There may be more at once. */
  | { readonly kind: 'moved-on' }
  | { readonly kind: 'caught-up' }
  /** More may come until then; what is there is delivered afterwards. */
  | { readonly kind: 'gathering'; readonly forMs: number }
  /** There is nothing more to carry, ever. */
  | { readonly kind: 'completed' }
  | Waiting
  /** The target will never take the record at this place. */
  | (Fault<FaultReason | ShapeFault> & { readonly at: number });

/** An attempt that failed. */
export interface LastRefusal {
  readonly reason: string;
  readonly detail: string | undefined;
  /** The record's place in its source. */
  readonly position: number;
  readonly atMs: number;
}

type Refusal = Waiting | Fault<FaultReason | ShapeFault>;

const MOVED_ON: StepOutcome = { kind: 'moved-on' };
const COMPLETED: StepOutcome = { kind: 'completed' };
const UNREADABLE: Waiting = { kind: 'waiting', reason: 'source-unreadable' };

/**
 * Carries records from one source stream to a trigger's target, in their order and once each: what a
 * commit adds to the target and how far the trigger has come are one commit.
 */
export class Route {
  readonly #parts: RouteParts;
  readonly #progress: TrackedProgress;
  readonly #ahead: ReadAhead;
  #lastRefusal: LastRefusal | undefined;
  #caughtUpAtMs: number | undefined;

  constructor(parts: RouteParts) {
    this.#parts = parts;
    this.#progress = new TrackedProgress({ ...parts, mark: parts.source.mark });
    this.#ahead = new ReadAhead(parts);
  }

  get progress(): Progress | undefined {
    return this.#progress.now;
  }

  /** When there was nothing more to carry, the last time since the start. */
  get caughtUpAtMs(): number | undefined {
    return this.#caughtUpAtMs;
  }

  /** The latest attempt that failed, since the start. */
  get lastRefusal(): LastRefusal | undefined {
    return this.#lastRefusal;
  }

  /** Carries a part of what is there. */
  async step(): Promise<StepOutcome> {
    try {
      const head = await this.#parts.source.head();
      if (head !== undefined) return await this.#stepIn(head);
      this.#ahead.clear();
      return { kind: 'waiting', reason: 'source-missing' };
    } catch (error) {
      if (error instanceof DataCorrupt) return UNREADABLE;
      throw error;
    }
  }

  async #stepIn(head: SourceHead): Promise<StepOutcome> {
    if (this.progress?.incarnation !== head.incarnation) this.#ahead.clear();
    const progress = await this.#progress.in(head, !this.#ahead.isEmpty);
    if (await this.#parts.completion.isDone()) return COMPLETED;
    const pending = this.#ahead.from(progress.next);
    const unread = await this.#read(head, pending);
    if (unread !== undefined) return unread;
    if (pending.isEmpty && pending.unfit !== undefined) {
      const { reason, record } = pending.unfit;
      return await this.#refused({ kind: 'fault', reason }, { record, filtered: 0 }, progress);
    }
    const forMs = this.#ahead.waitMs(head, pending);
    if (forMs > 0) return { kind: 'gathering', forMs };
    const outcome = await this.#carry(pending, progress);
    const isAtTail = (this.progress?.next ?? 0) >= head.tail;
    if (isAtTail) this.#caughtUpAtMs = this.#parts.nowMs();
    return outcome.kind === 'moved-on' && isAtTail ? { kind: 'caught-up' } : outcome;
  }

  async #read(head: SourceHead, pending: Pending): Promise<StepOutcome | undefined> {
    const unread = await this.#ahead.read(head, pending);
    if (unread === undefined) return undefined;
    // What was said before the end is delivered first.
    if (unread.kind === 'ended') return pending.isEmpty ? await this.#complete() : undefined;
    this.#ahead.clear();
    switch (unread.kind) {
      case 'absent':
        return MOVED_ON;
      case 'corrupt':
        return UNREADABLE;
      case 'waiting':
        return this.#failed(unread, pending.next);
    }
  }

  /** The source has said its last. */
  async #complete(): Promise<StepOutcome> {
    const outcome = await this.#parts.logs.commit([this.#parts.completion.op()]);
    if (outcome.kind === 'refused') return verdictOfStore(outcome.reason);
    return outcome.kind === 'stored' ? COMPLETED : this.#beginAgain();
  }

  /** Decided on what is not so any more: begin again from what is stored. */
  #beginAgain(): StepOutcome {
    this.#progress.forget();
    this.#ahead.clear();
    return MOVED_ON;
  }

  /** A target that takes not all of the records may take the first ones. */
  async #carry(pending: Pending, before: Progress): Promise<StepOutcome> {
    for (let part = pending.first(this.#parts.batch.messagesMax); ; part = pending.halfOf(part)) {
      const progress = after(before, part);
      if (part.messages.length === 0) {
        pending.drop(part);
        await this.#progress.pass(progress);
        return MOVED_ON;
      }
      const verdict = await this.#deliver(part, progress, before.attempts + 1);
      if (verdict.kind === 'delivered') {
        pending.drop(part);
        return this.#parts.isSingle ? COMPLETED : MOVED_ON;
      }
      if (verdict.kind === 'moved') return this.#beginAgain();
      if (part.messages.length > 1 && isOfSome(verdict)) continue;
      return await this.#refused(verdict, firstDelivered(part), before);
    }
  }

  async #deliver(part: Part, progress: Progress, attempt: number): Promise<Verdict> {
    const { target, source, completion, isSingle } = this.#parts;
    const moves = await this.#progress.moves(progress);
    if (isSingle) moves.push(completion.op());
    const { at } = firstDelivered(part).record;
    const { incarnation } = progress;
    const origin = { source: source.name, incarnation, at, attempt };
    const deliver = () => target.deliver(part.messages, moves, origin);
    const verdict = isSingle ? await completion.alone(deliver) : await deliver();
    if (verdict.kind === 'delivered') await this.#progress.moved(progress);
    return verdict;
  }

  #failed<Failed extends Refusal>(failed: Failed, position: number): Failed {
    const { reason, detail } = failed;
    this.#lastRefusal = { reason, detail, position, atMs: this.#parts.nowMs() };
    return failed;
  }

  /** Counts the attempt, and gives the record up where the trigger is to. */
  async #refused(refusal: Refusal, tried: Tried, before: Progress): Promise<StepOutcome> {
    // The record may be deleted until it is tried again.
    this.#ahead.clear();
    const { at } = tried.record;
    this.#failed(refusal, at);
    const outcome: StepOutcome = refusal.kind === 'fault' ? { ...refusal, at } : refusal;
    if (refusal.kind === 'waiting' && !isOfTheTarget(refusal.reason)) return outcome;
    const { onError, keepsAttempts } = this.#parts;
    const attempts = before.attempts + 1;
    if (onError.kind !== 'block' && (refusal.kind === 'fault' || attempts >= onError.attemptsMax)) {
      return await this.#giveUp(onError.kind, refusal, tried, before);
    }
    const counted = { ...before, attempts, retried: before.retried + 1 };
    await (keepsAttempts ? this.#progress.store(counted) : this.#progress.pass(counted));
    return outcome;
  }

  async #giveUp(
    policy: 'dead_letter' | 'skip',
    refusal: Refusal,
    { record, filtered }: Tried,
    before: Progress,
  ): Promise<StepOutcome> {
    const counts = { filtered: before.filtered + filtered, attempts: 0 };
    const passed = { ...before, next: record.next, ...counts };
    if (policy === 'skip') {
      const skipped = { ...passed, skipped: before.skipped + 1 };
      const outcome = await this.#progress.store(skipped);
      return outcome.kind === 'refused' ? verdictOfStore(outcome.reason) : MOVED_ON;
    }
    const progress = { ...passed, deadLettered: before.deadLettered + 1 };
    const { source, deadLetters } = this.#parts;
    const letter = { source: source.name, record, refusal, attempts: before.attempts + 1 };
    const kept = await deadLetters.keep(letter, await this.#progress.moves(progress));
    if (kept.kind === 'moved') return this.#beginAgain();
    if (kept.kind !== 'delivered') {
      return { kind: 'waiting', reason: 'dead-letters-refused', detail: kept.reason };
    }
    await this.#progress.moved(progress);
    return MOVED_ON;
  }
}

function after(before: Progress, { records, messages, next }: Part): Progress {
  const filtered = before.filtered + records.length - messages.length;
  const delivered = before.delivered + messages.length;
  return { ...before, next, filtered, delivered, attempts: 0 };
}

/** Whether it may be so of some records only: each goes to the stream that captures its subject. */
function isOfSome(refusal: Refusal): boolean {
  if (refusal.kind === 'fault') return true;
  const { reason } = refusal;
  return reason === 'target-full' || reason === 'target-missing' || reason === 'target-sealed';
}
