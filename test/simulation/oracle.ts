import { position } from '../../src/protocol/offset.ts';
import type { StoredHead } from '../../src/storage/port.ts';
import type { Random } from '../support/random.ts';
import { atOnce, type EngineUnderTest } from './engine-under-test.ts';
import type { History } from './history.ts';
import { Incarnations } from './incarnations.ts';
import { ManagedOracle } from './managed/oracle.ts';
import {
  describeHead,
  describeLog,
  dueOf,
  pageOf,
  type ModelLog,
  type ModelLogs,
} from './model.ts';
import { expect } from './violation.ts';

const PAGE_BYTES = [1, 40, 300, 5000, 10_000_000] as const;

/** Compares what an engine shows with what was committed. */
export class Oracle {
  readonly #history: History;
  readonly #random: Random;
  readonly #incarnations: Incarnations;
  readonly managed: ManagedOracle;

  constructor(history: History, random: Random) {
    this.#history = history;
    this.#random = random;
    this.#incarnations = new Incarnations(history);
    this.managed = new ManagedOracle(history, random.fork());
  }

  forgetLostIncarnations(): void {
    this.#incarnations.forgetLost();
    this.managed.forgetLostIncarnations();
  }

  /** One log, everywhere it shows. Holds whenever nothing is being settled. */
  checkLog(engine: EngineUnderTest, name: string): void {
    const durable = this.#history.durable.get(name);
    this.#checkHead(atOnce(engine.durable(name)), durable, () => `durable ${name}`);
    const latest = describeHead(atOnce(engine.latest(name)));
    const expected = describeLog(this.#history.latest.get(name));
    expect(latest === expected, () => `latest ${name} is ${latest}, not ${expected}`);
    this.checkPage(engine, name, durable, this.#somePosition(durable));
  }

  /** Every log there ever was, to its last byte, and the lists of them. */
  checkAll(engine: EngineUnderTest, names: Iterable<string>): void {
    for (const name of names) {
      this.checkLog(engine, name);
      const log = this.#history.durable.get(name);
      let from = log?.start ?? 0;
      while (log !== undefined && from < log.tail) {
        from = this.checkPage(engine, name, log, from);
      }
    }
    this.checkList(engine, '', undefined, 1000);
    this.checkList(engine, 'b', undefined, this.#random.between(1, 4));
  }

  /** Reads once and says where the page ended. */
  checkPage(
    engine: EngineUnderTest,
    name: string,
    log: ModelLog | undefined,
    from: number,
  ): number {
    const bytesMax = this.#random.pick(PAGE_BYTES) ?? 1;
    const expected = pageOf(log, from, bytesMax);
    const incarnation =
      log !== undefined && this.#random.chance(0.3)
        ? this.#incarnations.nameOf(log.incarnation)
        : undefined;
    const outcome = atOnce(engine.read(name, position(from), bytesMax, incarnation));
    const where = `read of ${name} from ${from} of at most ${bytesMax} bytes`;
    expect(outcome.kind === expected.kind, () => {
      return `${where}: ${outcome.kind}, not ${expected.kind}; ${describeLog(log)}`;
    });
    if (outcome.kind === 'page' && expected.kind === 'page') {
      const { from: begin, to, pieces } = outcome.page;
      expect(begin === expected.from && to === expected.to, () => {
        return `${where}: ${begin} to ${to}, not ${expected.from} to ${expected.to}`;
      });
      const bytes = Buffer.concat(pieces);
      expect(bytes.equals(expected.bytes), () => `${where}: other bytes than were written`);
      return to;
    }
    if (outcome.kind === 'trimmed' && expected.kind === 'trimmed') {
      expect(outcome.earliest === expected.earliest, () => {
        return `${where}: earliest ${outcome.earliest}, not ${expected.earliest}`;
      });
    }
    return log?.tail ?? from;
  }

  checkList(
    engine: EngineUnderTest,
    prefix: string,
    after: string | undefined,
    limit: number,
  ): void {
    const listed = atOnce(engine.list({ prefix, after, limit }));
    const names = sortedNames(this.#history.durable, prefix, after).slice(0, limit);
    const found = listed.map(({ name }) => name).join(' ');
    expect(found === names.join(' '), () => `list shows [${found}], not [${names.join(' ')}]`);
    for (const { name, head } of listed) {
      this.#checkHead(head, this.#history.durable.get(name), () => `listed ${name}`);
    }
    const isAny = atOnce(engine.anyLatest(prefix, () => true));
    const isAnyExpected = sortedNames(this.#history.latest, prefix, undefined).length > 0;
    expect(isAny === isAnyExpected, () => `anyLatest of ${prefix} says ${String(isAny)}`);
  }

  /** Once everything is in the index, it knows exactly what is due. */
  checkDue(engine: EngineUnderTest, nowMs: number): void {
    const due = [...this.#history.durable]
      .filter(([, log]) => (dueOf(log) ?? Infinity) <= nowMs)
      .map(([name]) => name);
    const found = atOnce(engine.due(nowMs, 1000));
    expect(
      [...found].sort().join(' ') === due.sort().join(' '),
      () => `due are [${found.join(' ')}], not [${due.join(' ')}]`,
    );
  }

  /**
   * A reader is told of the next commit to a log or stream, before the writer is. All of that commit is to be
   * seen, and may not vanish from then on. Answers with the commit's number.
   */
  checkNotified(engine: EngineUnderTest, name: string, lastNumber: number): number {
    const next = this.#history.nextPending(name, lastNumber);
    expect(next !== undefined, () => `somebody was told of a commit to ${name} that was not made`);
    for (const [other, log] of next.commit.effects) {
      const shown = describeHead(atOnce(engine.durable(other)));
      expect(
        shown === describeLog(log),
        () => `told of a commit to ${name}: ${other} is ${shown}, not ${describeLog(log)}`,
      );
    }
    const { managed } = next.commit;
    if (managed !== undefined) {
      this.managed.checkAs(engine.messages, managed.name, managed.stream);
    }
    this.#history.showed(next.number);
    return next.number;
  }

  checkOutcomeHead(head: StoredHead | undefined, log: ModelLog | undefined, name: string): void {
    this.#checkHead(head, log, () => `outcome for ${name}`);
  }

  #checkHead(head: StoredHead | undefined, log: ModelLog | undefined, what: () => string): void {
    const shown = describeHead(head);
    const expected = describeLog(log);
    expect(shown === expected, () => `${what()} is ${shown}, not ${expected}`);
    if (head === undefined || log === undefined) return;
    this.#incarnations.check(head.incarnation, log.incarnation, what);
  }

  #somePosition(log: ModelLog | undefined): number {
    if (log === undefined || this.#random.chance(0.05)) return 0;
    if (this.#random.chance(0.4)) return this.#random.pick(log.records)?.at ?? log.start;
    return this.#random.between(log.start, log.tail + 2);
  }
}

function sortedNames(logs: ModelLogs, prefix: string, after: string | undefined): string[] {
  const order = (one: string, other: string): number =>
    Buffer.compare(Buffer.from(one), Buffer.from(other));
  return [...logs.keys()]
    .filter((name) => name.startsWith(prefix))
    .filter((name) => after === undefined || order(name, after) > 0)
    .sort(order);
}
