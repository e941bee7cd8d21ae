import type { Subject } from '../../../subjects/subject.ts';
import type { Content } from './content.ts';
import type { ManagedEntry } from './managed-entry.ts';

/** What is pending of a subject: how many more it will have, and the oldest that goes. */
export interface PendingOfSubject {
  count: number;
  firstSeq: number;
}

/**
 * What is pending in a content, by subject. A content's subjects run ahead with `latest`, so this is
 * what tells them from what is durable.
 */
export function pendingBySubject(
  { pending }: ManagedEntry,
  content: Content,
): ReadonlyMap<Subject, PendingOfSubject> {
  const bySubject = new Map<Subject, PendingOfSubject>();
  const of = (subject: Subject): PendingOfSubject => {
    const known = bySubject.get(subject) ?? { count: 0, firstSeq: Infinity };
    bySubject.set(subject, known);
    return known;
  };
  for (const { state, added, removed } of pending) {
    if (state?.content !== content) continue;
    for (const { subject } of added) of(subject).count += 1;
    for (const { subject, seq } of removed) {
      const known = of(subject);
      known.count -= 1;
      known.firstSeq = Math.min(known.firstSeq, seq);
    }
  }
  return bySubject;
}
