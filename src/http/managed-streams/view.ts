import { invalidQuery, parseQuery } from '../../protocol/query.ts';
import type { Parsed } from '../../protocol/request.ts';
import type { StoredMessage } from '../../storage/message-port.ts';
import { isSubjectPattern, type SubjectPattern } from '../../subjects/subject.ts';

/** Which messages a reader wants, and how each is shown. */
export interface ManagedView {
  readonly filter: SubjectPattern | undefined;
  /** With sequence, subject and time around the body. */
  readonly isEnvelope: boolean;
}

export function parseView(query: string): Parsed<ManagedView> {
  const parsed = parseQuery(query, ['subject', 'view']);
  if (!parsed.ok) return parsed;
  const filter = parsed.value.get('subject');
  const view = parsed.value.get('view');
  if (filter !== undefined && !isSubjectPattern(filter)) {
    return invalidQuery('subject', 'must be a subject; `*` stands for a token, `>` for the rest');
  }
  if (view !== undefined && view !== 'envelope') {
    return invalidQuery('view', 'must be envelope, or left out for the bodies alone');
  }
  return { ok: true, value: { filter, isEnvelope: view === 'envelope' } };
}

const COMMA = Buffer.from(',');
const CLOSING = Buffer.from('},');

/** Messages as they stand in an array, a comma behind each. */
export function piecesOf(messages: readonly StoredMessage[], isEnvelope: boolean): Buffer[] {
  return messages.flatMap(({ seq, subject, createdAtMs, body }) => {
    if (!isEnvelope) return [body, COMMA];
    const created = new Date(createdAtMs).toISOString();
    const around = JSON.stringify({ seq, subject, created }).slice(0, -1);
    return [Buffer.from(`${around},"body":`), body, CLOSING];
  });
}
