import type { Op } from '../storage/port.ts';
import type { Subject } from '../subjects/subject.ts';
import type { Waiting } from './verdict.ts';

/** A record as a source holds it. The body is the text of one JSON value. */
export interface SourceRecord {
  /** Where it lies: a sequence, or a position. */
  readonly at: number;
  /** Where to read on behind it. */
  readonly next: number;
  readonly subject: Subject;
  readonly createdAtMs: number | undefined;
  readonly body: Buffer;
}

/** A source stream as it is now. */
export interface SourceHead {
  readonly incarnation: string;
  /** Where its very first record lay. */
  readonly begin: number;
  /** The first place that there is still something at. */
  readonly first: number;
  /** Where the next record will lie. */
  readonly tail: number;
}

export type SourceRead =
  | {
      readonly kind: 'read';
      readonly records: readonly SourceRecord[];
      /** Everything before it was looked at. */
      readonly next: number;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'corrupt' }
  /** There is no more, and never will be. */
  | { readonly kind: 'ended' }
  | Waiting;

/** What a source has to know besides a place to go on there, stored in the same commit. */
export interface SourceMark {
  /** What is to be stored when everything before this place is done with. */
  ops(next: number): readonly Op[];
  /** Takes in what a commit has made of it. */
  reload(): Promise<void>;
}

/** One stream, or service, that a trigger reads. */
export interface SourceStream {
  /** As people know it. */
  readonly name: string;
  head(): Promise<SourceHead | undefined>;
  /** At least one record when there is one from this place on, and a bounded number of them. */
  read(head: SourceHead, from: number): Promise<SourceRead>;
  readonly mark?: SourceMark;
  /** Calls back after each change, until cancelled. */
  watch(onChange: () => void): () => void;
}
