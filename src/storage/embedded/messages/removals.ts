import type { Subject } from '../../../subjects/subject.ts';
import type { Lsn } from '../wal/frame.ts';
import type { Content } from './content.ts';

/** What was removed of a subject since the index was told of it. */
export interface Removals {
  /** How many are gone with the commits up to the one in question. */
  gone: number;
  /** The oldest that only a later commit removes. */
  oldestKept: number;
}

/** What was removed from a content, by subject, as the index is to know it after a commit. */
export function removalsBySubject({ removed }: Content, upTo: Lsn): ReadonlyMap<Subject, Removals> {
  const bySubject = new Map<Subject, Removals>();
  for (const [seq, { lsn, subject }] of removed) {
    let removals = bySubject.get(subject);
    if (removals === undefined) {
      removals = { gone: 0, oldestKept: Infinity };
      bySubject.set(subject, removals);
    }
    if (lsn <= upTo) removals.gone += 1;
    else removals.oldestKept = Math.min(removals.oldestKept, seq);
  }
  return bySubject;
}
