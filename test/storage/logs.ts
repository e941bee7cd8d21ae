import { expect } from 'vitest';
import { position, START, type Position } from '../../src/protocol/offset.ts';
import { NO_RECORDS, type Records } from '../../src/protocol/records.ts';
import type { LogState, StreamChange } from '../../src/protocol/state.ts';
import {
  ABSENT,
  type CommitOutcome,
  type LogStore,
  type Op,
  type Page,
  type StoredHead,
  type Version,
} from '../../src/storage/port.ts';
import { NOW_MS, records, streamState, writtenAt } from '../support/states.ts';

/** A write without anything special. */
export const WRITTEN = writtenAt(NOW_MS);

export interface CreateSettings {
  readonly records?: Records;
  readonly start?: Position;
  readonly state?: LogState;
  readonly expected?: Version;
}

export function createOp(name: string, settings: CreateSettings = {}): Op {
  return {
    kind: 'create',
    name,
    expected: settings.expected ?? ABSENT,
    start: settings.start ?? START,
    state: settings.state ?? streamState(),
    records: settings.records ?? NO_RECORDS,
  };
}

export function appendOp(
  name: string,
  expected: Version,
  what: Records = NO_RECORDS,
  change: StreamChange = WRITTEN,
): Op {
  return { kind: 'append', name, expected, change, records: what };
}

export function deleteOp(name: string, expected: Version): Op {
  return { kind: 'delete', name, expected };
}

export function trimOp(name: string, expected: Version, before: number): Op {
  return { kind: 'trim', name, expected, before: position(before) };
}

export function guardOp(name: string, expected: Version): Op {
  return { kind: 'guard', name, expected };
}

/** The heads of a commit that must succeed. */
export function stored(outcome: CommitOutcome): readonly (StoredHead | undefined)[] {
  if (outcome.kind !== 'stored') throw new Error(`not stored: ${JSON.stringify(outcome)}`);
  return outcome.heads;
}

/** What a test does to a store when nothing stands in its way. */
export class Logs {
  readonly store: LogStore;

  constructor(store: LogStore) {
    this.store = store;
  }

  async head(name: string): Promise<StoredHead> {
    const head = await this.store.latest(name);
    if (head === undefined) throw new Error(`there is no log ${name}`);
    return head;
  }

  async version(name: string): Promise<Version> {
    return (await this.store.latest(name))?.version ?? ABSENT;
  }

  /** Commits one op that leaves a head. */
  async #commit(op: Op): Promise<StoredHead> {
    const [head] = stored(await this.store.commit([op]));
    if (head === undefined) throw new Error(`${op.kind} leaves no head`);
    return head;
  }

  /** A new log, or a new incarnation, with a record for each text. */
  async create(name: string, ...texts: readonly string[]): Promise<StoredHead> {
    return this.createWith(name, { records: records(...texts) });
  }

  async createWith(name: string, settings: CreateSettings): Promise<StoredHead> {
    const expected = await this.version(name);
    return this.#commit(createOp(name, { ...settings, expected }));
  }

  async append(name: string, ...texts: readonly string[]): Promise<StoredHead> {
    return this.#commit(appendOp(name, await this.version(name), records(...texts)));
  }

  async change(name: string, change: StreamChange): Promise<StoredHead> {
    return this.#commit(appendOp(name, await this.version(name), NO_RECORDS, change));
  }

  async trim(name: string, before: number): Promise<StoredHead> {
    return this.#commit(trimOp(name, await this.version(name), before));
  }

  async remove(name: string): Promise<void> {
    const heads = stored(await this.store.commit([deleteOp(name, await this.version(name))]));
    expect(heads).toEqual([undefined]);
  }

  async page(name: string, from: number, bytesMax: number, incarnation?: string): Promise<Page> {
    const outcome = await this.store.read(name, position(from), bytesMax, incarnation);
    if (outcome.kind !== 'page') throw new Error(`no page: ${JSON.stringify(outcome)}`);
    return outcome.page;
  }

  /** What a page says: where it begins and ends, and its bytes. */
  async read(name: string, from: number, bytesMax: number): Promise<[number, string, number]> {
    const page = await this.page(name, from, bytesMax);
    return [page.from, Buffer.concat(page.pieces).toString(), page.to];
  }

  /** All that the log holds, page by page. */
  async content(name: string, bytesMax = 1 << 20): Promise<string> {
    let text = '';
    for (let at = (await this.head(name)).start; ;) {
      const page = await this.page(name, at, bytesMax);
      if (page.to === page.from) return text;
      text += Buffer.concat(page.pieces).toString();
      at = page.to;
    }
  }

  async names(prefix: string, after?: string, limit = 1000): Promise<string[]> {
    const listed = await this.store.list({ prefix, after, limit });
    return listed.map(({ name }) => name);
  }
}
