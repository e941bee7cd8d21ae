import { MovingDocument } from '../storage/documents.ts';
import type { CommitOutcome, LogStore, Op } from '../storage/port.ts';
import { begin, PROGRESS_FORM, type Progress } from './progress.ts';
import type { SourceHead, SourceMark } from './source.ts';

export interface TrackedProgressParts {
  readonly logs: LogStore;
  /** The document that says how far it has come. */
  readonly progressName: string;
  /** Where to begin in a stream that nothing is stored of. */
  readonly first: (head: SourceHead) => Promise<number>;
  readonly mark: SourceMark | undefined;
  /** Told where it begins, and then of each change, some perhaps more than once. */
  readonly onProgress: (progress: Progress) => void;
}

/** How many records may be filtered out before it is stored that they were. */
const FILTERED_UNSTORED_MAX = 10_000;

/** How far a route has come, as it is stored and as it is in memory. */
export class TrackedProgress {
  readonly #parts: TrackedProgressParts;
  #stored: MovingDocument<Progress> | undefined;
  /** Ahead of what is stored by what would come out the same again. */
  #now: Progress | undefined;

  constructor(parts: TrackedProgressParts) {
    this.#parts = parts;
  }

  /** Undefined before the first look at the source. */
  get now(): Progress | undefined {
    return this.#now;
  }

  /** In the source as it is now. What retention took is counted unless it was read already. */
  async in(head: SourceHead, isReadAhead: boolean): Promise<Progress> {
    let progress = this.#now;
    if (progress === undefined) {
      const stored = await this.#load();
      progress = stored.at ?? begin(head.incarnation, await this.#parts.first(head));
      this.#come(progress);
    }
    if (progress.incarnation !== head.incarnation) {
      // What was deleted and made anew is another stream, all of which is new.
      const { incarnation, begin: next } = head;
      progress = { ...progress, incarnation, next, attempts: 0 };
    }
    if (progress.next < head.first && !isReadAhead) {
      const missed = progress.missed + head.first - progress.next;
      progress = { ...progress, next: head.first, attempts: 0, missed };
    }
    this.#come(progress);
    return progress;
  }

  #come(progress: Progress): void {
    if (progress === this.#now) return;
    this.#now = progress;
    this.#parts.onProgress(progress);
  }

  async #load(): Promise<MovingDocument<Progress>> {
    const { logs, progressName } = this.#parts;
    this.#stored ??= await MovingDocument.load(logs, progressName, PROGRESS_FORM);
    return this.#stored;
  }

  /** The ops that put it on record, for the commit of what it stands for. */
  async moves(progress: Progress): Promise<Op[]> {
    const stored = await this.#load();
    return [stored.moveTo(progress), ...(this.#parts.mark?.ops(progress.next) ?? [])];
  }

  /** Those ops were committed. */
  async moved(progress: Progress): Promise<void> {
    this.#come(progress);
    await this.#stored?.reload(this.#parts.logs);
    await this.#parts.mark?.reload();
  }

  /** Nothing is lost when it is forgotten. It is stored when it is far ahead of what is. */
  async pass(progress: Progress): Promise<void> {
    this.#come(progress);
    const unstored = progress.filtered - (this.#stored?.at?.filtered ?? 0);
    if (unstored >= FILTERED_UNSTORED_MAX) await this.store(progress);
  }

  /** Refused, it is what it was. */
  async store(progress: Progress): Promise<CommitOutcome> {
    const outcome = await this.#parts.logs.commit(await this.moves(progress));
    if (outcome.kind === 'stored') await this.moved(progress);
    else if (outcome.kind === 'conflict') this.forget();
    return outcome;
  }

  /** Somebody else has moved it: what is stored counts. */
  forget(): void {
    this.#now = undefined;
    this.#stored = undefined;
  }
}
