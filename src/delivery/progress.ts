import type { DocumentForm } from '../storage/documents.ts';

/** How far a trigger has come in one of its sources, and what became of the records. */
export interface Progress {
  /** Which of the streams that have had the name. */
  readonly incarnation: string;
  /** Where it reads on: everything before is done with. A sequence, or a position. */
  readonly next: number;
  /** How often the record there was refused. */
  readonly attempts: number;
  readonly delivered: number;
  readonly filtered: number;
  /** Attempts that were refused, of all records. */
  readonly retried: number;
  /** Given up, and kept aside or not. */
  readonly deadLettered: number;
  readonly skipped: number;
  /** Sequences that retention took before they were read. */
  readonly missed: number;
}

/** What became of records; of `retried` ones, the attempts. */
export const OUTCOMES = [
  'delivered',
  'filtered',
  'retried',
  'deadLettered',
  'skipped',
  'missed',
] as const satisfies readonly (keyof Progress)[];

export type Outcome = (typeof OUTCOMES)[number];

export const NO_OUTCOMES: Readonly<Record<Outcome, number>> = {
  delivered: 0,
  filtered: 0,
  retried: 0,
  deadLettered: 0,
  skipped: 0,
  missed: 0,
};

const NUMBERS = ['next', 'attempts', ...OUTCOMES] as const;

export function begin(incarnation: string, next: number): Progress {
  return { ...NO_OUTCOMES, attempts: 0, incarnation, next };
}

/** Moves in the same commit as what was delivered. */
export const PROGRESS_FORM: DocumentForm<Progress> = { write: textOfProgress, read: parseProgress };

export function textOfProgress(progress: Progress): string {
  return [...NUMBERS.map((name) => progress[name]), progress.incarnation].join(' ');
}

export function parseProgress(text: string): Progress | undefined {
  const words = text.split(' ');
  const [incarnation = ''] = words.splice(NUMBERS.length);
  const isWhole = words.length === NUMBERS.length && words.every((word) => /^\d{1,16}$/.test(word));
  if (!isWhole || incarnation === '') return undefined;
  const [next = 0, attempts = 0, delivered = 0, filtered = 0, ...rest] = words.map(Number);
  const [retried = 0, deadLettered = 0, skipped = 0, missed = 0] = rest;
  const done = { attempts, delivered, filtered, retried, deadLettered, skipped, missed };
  return { incarnation, next, ...done };
}
