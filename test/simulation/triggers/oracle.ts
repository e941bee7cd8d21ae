import { progressName } from '../../../src/delivery/names.ts';
import { parseProgress, type Progress } from '../../../src/delivery/progress.ts';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import { textOf } from '../../../src/storage/documents.ts';
import { atOnce } from '../engine-under-test.ts';
import { expect, Violation } from '../violation.ts';
import { Archive, type SeenRecord, type SeenStream } from './archive.ts';
import type { DeliveredBy } from './body.ts';
import type { Wanted } from './definitions.ts';
import { keptTriggers } from './kept.ts';
import { ACCOUNT, STREAMS, type StreamSpec } from './names.ts';
import type { Standings } from './standing.ts';

/** Where the sources ended and began at some time, by incarnation. */
type Places = ReadonlyMap<string, { readonly first: number; readonly tail: number }>;

interface Delivered {
  readonly from: SeenStream;
  readonly at: number;
}

/** All that is known of one trigger. */
interface Known {
  readonly wanted: Wanted;
  /** Before it was asked for, and after it was acknowledged. */
  readonly before: Places;
  after: Places | undefined;
  /** What was seen of its deliveries, by the source, in the order of the target. */
  readonly delivered: Map<StreamSpec, Delivered[]>;
}

const NONE: Places = new Map();

/** Holds what is in the targets against the sources, and against how far the triggers say they are. */
export class TriggerOracle {
  readonly archive = new Archive((spec, record) => {
    if (record.body.by !== undefined) this.#deliver(spec, record, record.body.by);
  });
  readonly #standings: Standings;
  readonly #known = new Map<string, Known>();

  constructor(standings: Standings) {
    this.#standings = standings;
  }

  /** Somebody asks for it now. */
  expectNew(wanted: Wanted): void {
    const before = wanted.start === 'new' ? this.#places(wanted) : NONE;
    this.#known.set(wanted.tag, { wanted, before, after: undefined, delivered: new Map() });
  }

  /** It is there for sure, now. */
  isThere(wanted: Wanted): void {
    this.#of(wanted.tag).after ??= this.#places(wanted);
  }

  #places({ sources }: Wanted): Places {
    const seen = sources.flatMap((spec) => this.archive.all(spec));
    return new Map(seen.map(({ incarnation, first, tail }) => [incarnation, { first, tail }]));
  }

  #of(tag: string): Known {
    const known = this.#known.get(tag);
    if (known === undefined) throw new Violation(`nobody has asked for a trigger ${tag}`);
    return known;
  }

  /** A delivery has come to be seen: it fits its source, and comes behind the one before. */
  #deliver(target: StreamSpec, record: SeenRecord, { tag, stream, at }: DeliveredBy): void {
    const { wanted, delivered, before } = this.#of(tag);
    const what = () => `${tag} delivered ${at} of ${stream} to ${target.name}`;
    expect(this.#mayDeliver(wanted), () => `${what()}, and was stopped`);
    const spec = wanted.sources.find(({ name }) => name === stream);
    expect(spec !== undefined, () => `${what()}, which is none of its sources`);
    const all = this.archive.all(spec);
    const from = all.findLast(({ records }) => records.get(at)?.body.n === record.body.n);
    expect(from !== undefined, () => `${what()}, where nobody has seen ${record.body.n}`);
    const source = from.records.get(at);
    expect(source !== undefined && wanted.takes(source), () => `${what()}, and was not to`);
    const begin = before.get(from.incarnation)?.tail ?? 0;
    expect(at >= begin, () => `${what()}, which was there before it, up to ${begin}`);
    const list = delivered.get(spec) ?? [];
    delivered.set(spec, list);
    const last = list.at(-1);
    if (last !== undefined) {
      const isBehind = last.from === from ? at > last.at : isAfter(all, from, last.from);
      expect(isBehind, () => `${what()} behind ${last.at}`);
    }
    list.push({ from, at });
  }

  #mayDeliver({ name, tag }: Wanted): boolean {
    if (this.#standings.isChanging(name)) return true;
    const standing = this.#standings.of(name);
    return standing?.wanted.tag === tag && !standing.isPaused;
  }

  /** Every trigger that stands, as readers may see it. Holds whenever nothing is being settled. */
  checkAll(engine: EmbeddedEngine): void {
    const kept = keptTriggers(engine);
    for (const { wanted } of this.#standings.all) {
      const id = kept.get(wanted.name)?.id;
      // Removed, or another by now, and that is not acknowledged yet.
      if (id === undefined || kept.get(wanted.name)?.tag !== wanted.tag) continue;
      for (const spec of wanted.sources) {
        const head = atOnce(engine.durable(progressName(ACCOUNT, id, spec.name)));
        const progress = parseProgress(textOf(head) ?? '');
        this.#check(this.#of(wanted.tag), spec, progress);
      }
    }
  }

  /** A trigger that says that it has carried everything of a source has. */
  checkCarried(wanted: Wanted, spec: StreamSpec, progress: Progress): void {
    const source = this.archive.current(spec);
    const what = `${wanted.tag} rests at ${progress.next} of ${spec.name}`;
    expect(progress.incarnation === source?.incarnation, () => `${what}, of another stream`);
    expect(progress.next >= source.tail, () => `${what}, which ends at ${source.tail}`);
    this.#check(this.#of(wanted.tag), spec, progress);
  }

  #check(known: Known, spec: StreamSpec, progress: Progress | undefined): void {
    const { wanted, delivered } = known;
    const list = delivered.get(spec) ?? [];
    const where = `${wanted.tag} in ${spec.name}`;
    const count = progress?.delivered ?? 0;
    expect(list.length === count, () => {
      return `${where} says that it has delivered ${count}, and has ${list.length}`;
    });
    if (progress === undefined) return;
    const source = this.archive
      .all(spec)
      .find(({ incarnation }) => incarnation === progress.incarnation);
    expect(source !== undefined, () => `${where} is in a stream that nobody has seen`);
    const last = list.at(-1);
    const isBehind = last === undefined || last.from !== source || last.at < progress.next;
    expect(isBehind, () => `${where} is at ${progress.next}, and has delivered ${last?.at ?? 0}`);
    this.#checkGaps(known, source, list, progress, where);
    this.#checkCounts(known, spec, source, progress, where);
  }

  /** What is not delivered and should be was taken by retention, and is counted. */
  #checkGaps(
    { wanted, after = NONE }: Known,
    source: SeenStream,
    list: readonly Delivered[],
    { next, missed }: Progress,
    where: string,
  ): void {
    const place = after.get(source.incarnation);
    const begin = wanted.start === 'new' ? (place?.tail ?? 0) : 0;
    const there = new Set(list.flatMap(({ from, at }) => (from === source ? [at] : [])));
    let taken = 0;
    for (const record of source.records.values()) {
      const { at } = record;
      if (at < begin || at >= next || there.has(at) || !wanted.takes(record)) continue;
      expect(at < source.first, () => `${where} is at ${next} and has not delivered ${at}`);
      // What was gone when the trigger came it could not miss.
      if (at >= (place?.first ?? 0)) taken += 1;
    }
    expect(taken <= missed, () => `${where} has missed ${taken}, and says ${missed}`);
  }

  /** Of a stream all of which is looked at, every sequence is accounted for. */
  #checkCounts(
    { wanted, before, after = NONE }: Known,
    spec: StreamSpec,
    { incarnation }: SeenStream,
    { next, delivered, filtered, missed }: Progress,
    where: string,
  ): void {
    const isOnly = this.archive.all(spec).length === 1;
    if (!isOnly || !wanted.isOfAll || spec.kind === 'durable') return;
    const begin = next - delivered - filtered - missed;
    const low = before.get(incarnation)?.tail ?? 1;
    const there = after.get(incarnation);
    const high = (wanted.start === 'new' ? there?.tail : there?.first) ?? 1;
    expect(begin >= low && begin <= high, () => {
      const counts = `${delivered} delivered, ${filtered} filtered out and ${missed} missed`;
      return `${where} is at ${next} after ${counts}: it began at ${begin}, not ${low} to ${high}`;
    });
  }

  /** After a restart, before anything new: all that was seen of the targets is there. */
  recover(engine: EmbeddedEngine, mayBeDropped: (spec: StreamSpec) => boolean): void {
    for (const spec of STREAMS) this.archive.checkKept(engine, spec, mayBeDropped(spec));
    for (const spec of STREAMS) this.archive.look(engine, spec);
  }
}

function isAfter(all: readonly SeenStream[], one: SeenStream, other: SeenStream): boolean {
  return all.indexOf(one) > all.indexOf(other);
}
