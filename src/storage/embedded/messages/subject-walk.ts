import {
  isLiteral,
  isSubject,
  isSubjectPattern,
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
import type { SubjectEntry } from './subject-entry.ts';

const SUBJECTS_PER_READ = 512;

/**
 * The subjects of a content, about `count` in all, that match; those too that only memory knows.
 * `take` says whether it takes more.
 */
export function walkSubjects(
  content: Content,
  filter: SubjectPattern,
  count: number,
  take: (subject: SubjectEntry) => boolean,
): void {
  const takeKnown = (subject: Subject): boolean => {
    const entry = content.subjects.find(subject);
    return entry === undefined || take(entry);
  };
  if (isLiteral(filter)) {
    if (isSubject(filter)) takeKnown(filter);
    return;
  }
  // What takes all in needs no tree, and is rarely asked for.
  const tree = filter === '>' ? undefined : content.tree(count, () => scan(content, '>'));
  if (tree !== undefined) {
    tree.matching(filter, takeKnown);
    return;
  }
  for (const subject of scan(content, filter)) if (!takeKnown(subject)) return;
}

/** Those in the index, and those that memory knows better. */
function* scan(content: Content, filter: string): Generator<Subject> {
  if (!isSubjectPattern(filter)) return;
  const matches = subjectMatcher(filter);
  for (const { subject } of content.subjects.dirty) if (matches(subject)) yield subject;
  const { from, to } = subjectRange(content.storageId, literalPrefix(filter));
  for (let at = from; ;) {
    const keys = content.index.keys({ from: at, to, limit: SUBJECTS_PER_READ });
    for (const key of keys) {
      const subject = subjectIn(key);
      if (matches(subject) && isSubject(subject) && !content.subjects.isDirty(subject))
        yield subject;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < SUBJECTS_PER_READ) return;
    at = following(last);
  }
}

/** The subjects that readers may see, and how many messages each has. */
export function countSubjects(
  entry: ManagedEntry,
  { content, subjects }: ManagedState,
  filter: SubjectPattern,
  limit: number,
): SubjectCount[] {
  const pending = pendingBySubject(entry, content);
  const counts: SubjectCount[] = [];
  walkSubjects(content, filter, subjects, ({ subject, count }) => {
    const messages = count - (pending.get(subject)?.count ?? 0);
    if (messages > 0) counts.push({ subject, messages });
    return counts.length < limit;
  });
  return counts;
}
