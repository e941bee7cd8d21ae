import { deleteDocument, type DocumentForm } from '../storage/documents.ts';
import type { LogStore } from '../storage/port.ts';
import { sourceCursorPrefix } from './names.ts';

/** How far a reader has come in a stream, and in which of those that have had its name. */
export interface Cursor {
  readonly incarnation: string;
  /** The last sequence that is done with. */
  readonly seq: number;
}

/** Moves in the same commit as what was copied. */
export const CURSOR_FORM: DocumentForm<Cursor> = {
  write: ({ seq, incarnation }) => `${seq} ${incarnation}`,
  read: (text) => {
    const [, seq, incarnation] = /^(\d{1,15}) (\S+)$/.exec(text) ?? [];
    return incarnation === undefined ? undefined : { seq: Number(seq), incarnation };
  },
};

const CURSORS_PER_COMMIT = 256;

/** Removes the cursors of a stream that is gone. What is left of it is in nobody's way. */
export async function forgetCursors(
  logs: LogStore,
  target: string,
  incarnation: string,
): Promise<void> {
  const prefix = sourceCursorPrefix(target, incarnation);
  const listed = await logs.list({ prefix, after: undefined, limit: CURSORS_PER_COMMIT });
  const ops = listed.map(({ name, head }) => deleteDocument(name, head));
  if (ops.length > 0) await logs.commit(ops);
}
