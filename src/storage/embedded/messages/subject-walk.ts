import {
  isLiteral,
  isSubject,
  literalPrefix,
  subjectMatcher,
  type Subject,
  type SubjectPattern,
} from '../../../subjects/subject.ts';
import type { SubjectCount } from '../../message-port.ts';
import { following } from '../index/keys.ts';
import { subjectIn, subjectRange } from '../index/message-keys.ts';
import type { Content } from './content.ts';
import type { ManagedEntry, ManagedState } from './managed-entry.ts';
import { pendingBySubject } from './pending-subjects.ts';

const SUBJECTS_PER_READ = 512;

/** The subjects of a content that match, those in the index and those that memory knows better. */
export function* walkSubjects(content: Content, filter: SubjectPattern): Generator<Subject> {
  if (isLiteral(filter)) {
    if (isSubject(filter) && content.subject(filter) !== undefined) yield filter;
    return;
  }
  const matches = subjectMatcher(filter);
  for (const { subject } of content.dirtySubjects) if (matches(subject)) yield subject;
  const { from, to } = subjectRange(content.storageId, literalPrefix(filter));
  for (let at = from; ;) {
    const keys = content.index.keys({ from: at, to, limit: SUBJECTS_PER_READ });
    for (const key of keys) {
      const subject = subjectIn(key);
      if (matches(subject) && isSubject(subject) && !content.isDirty(subject)) yield subject;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < SUBJECTS_PER_READ) return;
    at = following(last);
  }
}

/** The subjects that readers may see, and how many messages each has. */
export function countSubjects(
  entry: ManagedEntry,
  { content }: ManagedState,
  filter: SubjectPattern,
  limit: number,
): SubjectCount[] {
  const pending = pendingBySubject(entry, content);
  const counts: SubjectCount[] = [];
  for (const subject of walkSubjects(content, filter)) {
    if (counts.length >= limit) break;
    const latest = content.subject(subject)?.count ?? 0;
    const messages = latest - (pending.get(subject)?.count ?? 0);
    if (messages > 0) counts.push({ subject, messages });
  }
  return counts;
}
