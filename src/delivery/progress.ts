import type { DocumentForm } from '../storage/documents.ts';

/** How far a trigger has come in one of its source streams, and what became of the records. */
export interface Progress {
  /** Which of the streams that have had the name. */
  readonly incarnation: string;
  /** Where it reads on: everything before is done with. A sequence, or a position. */
  readonly next: number;
  readonly delivered: number;
  readonly filtered: number;
  /** Given up, and kept aside or not. */
  readonly deadLettered: number;
  readonly skipped: number;
  /** Sequences that retention took before they were read. */
  readonly missed: number;
}

export function begin(incarnation: string, next: number): Progress {
  return {
    incarnation,
    next,
    delivered: 0,
    filtered: 0,
    deadLettered: 0,
    skipped: 0,
    missed: 0,
  };
}

const PROGRESS = /^(\d{1,16}) (\d{1,16}) (\d{1,16}) (\d{1,16}) (\d{1,16}) (\d{1,16}) (\S+)$/;

/** Moves in the same commit as what was delivered. */
export const PROGRESS_FORM: DocumentForm<Progress> = { write: textOfProgress, read: parseProgress };

export function textOfProgress(progress: Progress): string {
  const { next, delivered, filtered, deadLettered, skipped, missed, incarnation } = progress;
  return [next, delivered, filtered, deadLettered, skipped, missed, incarnation].join(' ');
}

export function parseProgress(text: string): Progress | undefined {
  const [, next, delivered, filtered, deadLettered, skipped, missed, incarnation] =
    PROGRESS.exec(text) ?? [];
  if (incarnation === undefined) return undefined;
  return {
    incarnation,
    next: Number(next),
    delivered: Number(delivered),
    filtered: Number(filtered),
    deadLettered: Number(deadLettered),
    skipped: Number(skipped),
    missed: Number(missed),
  };
}
