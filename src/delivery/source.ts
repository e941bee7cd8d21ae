import type { Subject } from '../subjects/subject.ts';

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
  | { readonly kind: 'corrupt' };

/** One stream that a trigger reads. */
export interface SourceStream {
  /** As people know it. */
  readonly name: string;
  head(): Promise<SourceHead | undefined>;
  /** At least one record when there is one from this place on, and a bounded number of them. */
  read(head: SourceHead, from: number): Promise<SourceRead>;
  /** Calls back after each change, until cancelled. */
  watch(onChange: () => void): () => void;
}
