import { deleteDocument, textOf, writeDocument } from '../storage/documents.ts';
import type { LogStore, Op, StoredHead } from '../storage/port.ts';
import { sourceCursorPrefix } from './names.ts';

/** How far a reader has come in a stream, and in which of those that have had its name. */
export interface Cursor {
  readonly incarnation: string;
  /** The last sequence that is done with. */
  readonly seq: number;
}

/** A cursor where it is stored: a document that moves in the same commit as what it stands for. */
export class StoredCursor {
  readonly #name: string;
  #head: StoredHead | undefined;

  private constructor(name: string, head: StoredHead | undefined) {
    this.#name = name;
    this.#head = head;
  }

  static async load(logs: LogStore, name: string): Promise<StoredCursor> {
    return new StoredCursor(name, await logs.latest(name));
  }

  /** Undefined when nothing was stored yet. */
  get at(): Cursor | undefined {
    const text = textOf(this.#head);
    return text === undefined ? undefined : parseCursor(text);
  }

  /** The op that moves it. It fits as long as nobody else has moved it. */
  moveTo(cursor: Cursor): Op {
    return writeDocument(this.#name, this.#head, `${cursor.seq} ${cursor.incarnation}`);
  }

  /** Takes in what a commit has made of it. */
  async reload(logs: LogStore): Promise<void> {
    this.#head = await logs.latest(this.#name);
  }
}

function parseCursor(text: string): Cursor | undefined {
  const parsed = /^(\d{1,15}) (\S+)$/.exec(text);
  const [, seq, incarnation] = parsed ?? [];
  return incarnation === undefined ? undefined : { seq: Number(seq), incarnation };
}

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
