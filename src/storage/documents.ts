import { START } from '../protocol/offset.ts';
import { NO_RECORDS } from '../protocol/records.ts';
import { ABSENT, type LogStore, type Op, type StoredHead } from './port.ts';

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

/** How what a document says is written. What cannot be read counts as not there. */
export interface DocumentForm<Value> {
  readonly write: (value: Value) => string;
  readonly read: (text: string) => Value | undefined;
}

/** What is moved along in the same commit as what it stands for, such as how far a reader has come. */
export class MovingDocument<Value> {
  readonly #name: string;
  readonly #form: DocumentForm<Value>;
  #head: StoredHead | undefined;

  private constructor(name: string, form: DocumentForm<Value>, head: StoredHead | undefined) {
    this.#name = name;
    this.#form = form;
    this.#head = head;
  }

  static async load<Value>(
    logs: LogStore,
    name: string,
    form: DocumentForm<Value>,
  ): Promise<MovingDocument<Value>> {
    return new MovingDocument(name, form, await logs.latest(name));
  }

  /** Undefined when nothing was stored yet. */
  get at(): Value | undefined {
    const text = textOf(this.#head);
    return text === undefined ? undefined : this.#form.read(text);
  }

  /** The op that moves it. It fits as long as nobody else has moved it. */
  moveTo(value: Value): Op {
    return writeDocument(this.#name, this.#head, this.#form.write(value));
  }

  /** Takes in what a commit has made of it. */
  async reload(logs: LogStore): Promise<void> {
    this.#head = await logs.latest(this.#name);
  }
}
