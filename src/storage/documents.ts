import { START } from '../protocol/offset.ts';
import { NO_RECORDS } from '../protocol/records.ts';
import { ABSENT, type Op, type StoredHead } from './port.ts';

// A document is a log without records, whose state is a text.

/** Fits as long as there is nothing under the name. */
export function createDocument(name: string, text: string): Op {
  const state = { kind: 'document', text } as const;
  return { kind: 'create', name, expected: ABSENT, start: START, state, records: NO_RECORDS };
}

/** Fits as long as nothing has changed since the head was read; undefined: there was none. */
export function writeDocument(name: string, head: StoredHead | undefined, text: string): Op {
  if (head === undefined) return createDocument(name, text);
  const change = { kind: 'replaced', text } as const;
  return { kind: 'append', name, expected: head.version, change, records: NO_RECORDS };
}

export function deleteDocument(name: string, head: StoredHead | undefined): Op {
  return { kind: 'delete', name, expected: head?.version ?? ABSENT };
}

/** The text of what a head is of; undefined where that is no document, or not there. */
export function textOf(head: StoredHead | undefined): string | undefined {
  return head?.state.kind === 'document' ? head.state.text : undefined;
}
