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

const SUBJECTS_PER_READ = 512;

/** The subjects of a content, about `count` in all, that match; those too that only memory knows. */
export function* walkSubjects(
  content: Content,
  filter: SubjectPattern,
  count: number,
): Generator<Subject> {
  if (isLiteral(filter)) {
    if (isSubject(filter) && content.subjects.find(filter) !== undefined) yield filter;
    return;
  }
  // What takes all in needs no tree, and is rarely asked for.
  const tree = filter === '>' ? undefined : content.tree(count, () => scan(content, '>'));
  if (tree === undefined) {
    yield* scan(content, filter);
    return;
  }
  for (const subject of tree.matching(filter)) {
    if (content.subjects.find(subject) !== undefined) yield subject;
  }
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
  for (const subject of walkSubjects(content, filter, subjects)) {
    if (counts.length >= limit) break;
    const latest = content.subjects.find(subject)?.count ?? 0;
    const messages = latest - (pending.get(subject)?.count ?? 0);
    if (messages > 0) counts.push({ subject, messages });
  }
  return counts;
}
