import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import { position } from '../../../src/protocol/offset.ts';
import { atOnce } from '../engine-under-test.ts';
import { expect, Violation } from '../violation.ts';
import { bodiesIn, bodyOf, type Body } from './body.ts';
import { STREAMS, type DurableSpec, type ManagedSpec, type StreamSpec } from './names.ts';

/** A record that a reader has seen. */
export interface SeenRecord {
  readonly at: number;
  readonly subject: string;
  readonly body: Body;
}

/** One of the streams that have had a name, as readers have seen it. */
export interface SeenStream {
  readonly incarnation: string;
  /** Everything that was ever seen, by where it lies. */
  readonly records: Map<number, SeenRecord>;
  /** Where what is still there begins, when it was last seen. */
  first: number;
  /** Where the next one will lie. */
  tail: number;
}

interface Head {
  readonly incarnation: string;
  readonly first: number;
  readonly tail: number;
}

interface Named {
  readonly all: SeenStream[];
  current: SeenStream | undefined;
}

const ALL_BYTES = 1 << 30;

/** What readers have ever seen of each stream. What was seen stays seen, whatever happens. */
export class Archive {
  readonly #named = new Map<StreamSpec, Named>(
    STREAMS.map((spec) => [spec, { all: [], current: undefined }]),
  );
  readonly #onSeen: (spec: StreamSpec, record: SeenRecord) => void;

  /** `onSeen`: called with each record when it is seen first. */
  constructor(onSeen: (spec: StreamSpec, record: SeenRecord) => void) {
    this.#onSeen = onSeen;
  }

  /** In the order in which they had the name. */
  all(spec: StreamSpec): readonly SeenStream[] {
    return this.#of(spec).all;
  }

  current(spec: StreamSpec): SeenStream | undefined {
    return this.#of(spec).current;
  }

  #of(spec: StreamSpec): Named {
    const named = this.#named.get(spec);
    if (named === undefined) throw new Violation(`there is no ${spec.name} in this world`);
    return named;
  }

  /** Takes in what is new. */
  look(engine: EmbeddedEngine, spec: StreamSpec): void {
    const named = this.#of(spec);
    const head = headOf(engine, spec);
    if (head === undefined) {
      named.current = undefined;
      return;
    }
    if (named.current?.incarnation !== head.incarnation) {
      const { incarnation } = head;
      named.current = { incarnation, records: new Map(), first: 0, tail: 0 };
      named.all.push(named.current);
    }
    const seen = named.current;
    const from = Math.max(seen.tail, head.first);
    const fresh = recordsFrom(engine, spec, from, head.tail);
    seen.first = head.first;
    seen.tail = head.tail;
    for (const record of fresh) {
      seen.records.set(record.at, record);
      this.#onSeen(spec, record);
    }
  }

  /** After a restart: what was seen is there, unless it may have been taken. */
  checkKept(engine: EmbeddedEngine, spec: StreamSpec, mayBeDropped: boolean): void {
    const seen = this.current(spec);
    if (seen === undefined) return;
    const head = headOf(engine, spec);
    if (head?.incarnation !== seen.incarnation) {
      expect(mayBeDropped, () => `${spec.name} is not the stream that it was`);
      return;
    }
    expect(head.tail >= seen.tail, () => {
      return `${spec.name} ends at ${head.tail}, and was seen up to ${seen.tail}`;
    });
    for (const { at, body } of recordsFrom(engine, spec, head.first, seen.tail)) {
      const was = seen.records.get(at)?.body;
      expect(JSON.stringify(was) === JSON.stringify(body), () => {
        return `${spec.name} has ${JSON.stringify(body)} at ${at}, and had ${JSON.stringify(was)}`;
      });
    }
  }
}

function headOf(engine: EmbeddedEngine, spec: StreamSpec): Head | undefined {
  if (spec.kind === 'managed') {
    const head = engine.messages.managed(spec.stored);
    return head && { incarnation: head.incarnation, first: head.firstSeq, tail: head.lastSeq + 1 };
  }
  const head = atOnce(engine.durable(spec.ref.name));
  return head && { incarnation: head.incarnation, first: head.start, tail: head.tail };
}

function recordsFrom(
  engine: EmbeddedEngine,
  spec: StreamSpec,
  from: number,
  tail: number,
): SeenRecord[] {
  return spec.kind === 'managed'
    ? messagesFrom(engine, spec, from, tail)
    : appendedFrom(engine, spec, from, tail);
}

function messagesFrom(
  engine: EmbeddedEngine,
  { stored, name }: ManagedSpec,
  from: number,
  tail: number,
): SeenRecord[] {
  const records: SeenRecord[] = [];
  for (let fromSeq = from; fromSeq < tail;) {
    const request = { fromSeq, filter: undefined, messagesMax: 1000, bytesMax: ALL_BYTES };
    const found = atOnce(engine.messages.find(stored, request));
    if (found.kind !== 'found') throw new Violation(`${name} is ${found.kind}`);
    for (const { seq, subject, body } of found.messages) {
      if (seq < tail) records.push({ at: seq, subject, body: bodyOf(body.toString()) });
    }
    fromSeq = found.throughSeq + 1;
  }
  return records;
}

function appendedFrom(
  engine: EmbeddedEngine,
  { ref, name }: DurableSpec,
  from: number,
  tail: number,
): SeenRecord[] {
  const pieces: Buffer[] = [];
  for (let at = from; at < tail;) {
    const read = atOnce(engine.read(ref.name, position(at), ALL_BYTES));
    if (read.kind !== 'page') throw new Violation(`${name} is ${read.kind}`);
    pieces.push(...read.page.pieces);
    at = read.page.to;
  }
  const records = bodiesIn(Buffer.concat(pieces).toString(), from);
  return records.filter(({ at }) => at < tail).map(({ at, body }) => ({ at, subject: name, body }));
}
