import type { MessageStore, StoredMessage } from '../../../src/storage/message-port.ts';
import { subjectMatcher, type SubjectPattern } from '../../../src/subjects/subject.ts';
import { pattern } from '../../support/managed.ts';
import type { Random } from '../../support/random.ts';
import { atOnce } from '../engine-under-test.ts';
import type { History } from '../history.ts';
import { Incarnations } from '../incarnations.ts';
import { expect } from '../violation.ts';
import {
  countsOf,
  describeManaged,
  describeStream,
  type ModelManaged,
  type ModelMessage,
} from './model.ts';

const FILTERS = ['*.1', 'a.>', '*.x.*', '*.*', 'b.x.*', 'nobody.>'].map(pattern);
const EVERYTHING = pattern('>');
const MANY = 1_000_000;

/** Compares what an engine shows of managed streams with what was committed. */
export class ManagedOracle {
  readonly #history: History;
  readonly #random: Random;
  readonly #incarnations: Incarnations;

  constructor(history: History, random: Random) {
    this.#history = history;
    this.#random = random;
    this.#incarnations = new Incarnations(history);
  }

  forgetLostIncarnations(): void {
    this.#incarnations.forgetLost();
  }

  /** Every stream, to its last byte, and the lists of them. */
  checkAll(store: MessageStore, names: Iterable<string>): void {
    for (const name of names) this.checkStream(store, name);
    for (const prefix of ['acme\0', 'zeta\0', 'none\0']) this.#checkList(store, prefix);
  }

  #checkList(store: MessageStore, prefix: string): void {
    const listed = store.managedStreams(prefix);
    const names = [...this.#history.durableStreams.keys()].filter((n) => n.startsWith(prefix));
    const found = listed.map(({ name }) => name).join(' ');
    expect(
      found === names.sort().join(' '),
      () => `listed are [${found}], not [${names.join(' ')}]`,
    );
    for (const head of listed) {
      const stream = this.#history.durableStreams.get(head.name);
      expect(describeManaged(head) === describeStream(stream), () => {
        return `listed ${head.name} is ${describeManaged(head)}, not ${describeStream(stream)}`;
      });
    }
  }

  /** All that is durable of a stream, in every way in which it shows. */
  checkStream(store: MessageStore, name: string): void {
    this.checkAs(store, name, this.#history.durableStreams.get(name));
  }

  /** The same against a stream that is given. */
  checkAs(store: MessageStore, name: string, stream: ModelManaged | undefined): void {
    this.checkHead(store, name, stream);
    this.#checkFind(store, name, stream, undefined);
    if (stream === undefined) return;
    const counts = countsOf(stream);
    for (const subject of counts.keys()) {
      this.#checkFind(store, name, stream, pattern(subject));
    }
    for (const filter of FILTERS) {
      if (this.#random.chance(0.3)) this.#checkFind(store, name, stream, filter);
    }
    this.#checkCounts(store, name, stream, EVERYTHING);
    this.#checkCounts(store, name, stream, this.#random.pick(FILTERS) ?? EVERYTHING);
    for (const subject of counts.keys()) this.#checkCounts(store, name, stream, pattern(subject));
    this.#checkMessage(store, name, stream);
  }

  checkHead(store: MessageStore, name: string, stream: ModelManaged | undefined): void {
    const head = store.managed(name);
    const shown = head === undefined ? 'nothing' : describeManaged(head);
    const expected = describeStream(stream);
    expect(shown === expected, () => `durable ${name} is ${shown}, not ${expected}`);
    if (head === undefined || stream === undefined) return;
    this.#incarnations.check(head.incarnation, stream.incarnation, () => `durable ${name}`);
  }

  #checkFind(
    store: MessageStore,
    name: string,
    stream: ModelManaged | undefined,
    filter: SubjectPattern | undefined,
  ): void {
    const where = `find in ${name} of ${filter ?? 'all'}`;
    const fromSeq = this.#random.chance(0.3)
      ? this.#random.between(1, (stream?.lastSeq ?? 0) + 1)
      : 1;
    const matches = filter === undefined ? (): boolean => true : subjectMatcher(filter);
    const wanted = (stream?.messages ?? []).filter(
      ({ seq, subject }) => seq >= fromSeq && matches(subject),
    );
    const messagesMax = this.#random.pick([1, 2, 5, MANY] as const) ?? 1;
    const bytesMax = this.#random.pick([1, 40, MANY] as const) ?? 1;
    const found: StoredMessage[] = [];
    for (let from = fromSeq; ;) {
      const page = atOnce(store.find(name, { fromSeq: from, filter, messagesMax, bytesMax }));
      if (page.kind === 'absent') {
        expect(stream === undefined, () => `${where}: it is not there`);
        return;
      }
      expect(stream !== undefined && page.kind === 'found', () => `${where}: ${page.kind}`);
      const { messages, throughSeq } = page;
      const bodies = messages.reduce((sum, { body }) => sum + body.length, 0);
      const fits = messages.length <= 1 || (messages.length <= messagesMax && bodies <= bytesMax);
      expect(fits, () => `${where}: a page of ${messages.length} messages, ${bodies} bytes`);
      found.push(...messages);
      if (throughSeq >= stream.lastSeq) break;
      expect(throughSeq >= from, () => `${where}: no way on from ${from}`);
      from = throughSeq + 1;
    }
    const shown = found.map(describeStored).join(', ');
    const expected = wanted.map(describeHeld).join(', ');
    expect(shown === expected, () => `${where} from ${fromSeq} finds ${shown}, not ${expected}`);
  }

  #checkCounts(
    store: MessageStore,
    name: string,
    stream: ModelManaged,
    filter: SubjectPattern,
  ): void {
    const matches = subjectMatcher(filter);
    const counted = atOnce(store.subjectCounts(name, filter, MANY));
    const shown = counted.map(({ subject, messages }) => `${subject}: ${messages}`).sort();
    const expected = [...countsOf(stream)]
      .filter(([subject]) => matches(subject))
      .map(([subject, messages]) => `${subject}: ${messages}`)
      .sort();
    expect(shown.join() === expected.join(), () => {
      return `subjects of ${name} in ${filter} are [${shown.join()}], not [${expected.join()}]`;
    });
  }

  #checkMessage(store: MessageStore, name: string, stream: ModelManaged): void {
    const seq = this.#random.between(1, stream.lastSeq + 1);
    const outcome = atOnce(store.message(name, seq));
    const held = stream.messages.find((each) => each.seq === seq);
    const shown =
      outcome.kind === 'found' ? outcome.messages.map(describeStored).join() : outcome.kind;
    const expected = held === undefined ? '' : describeHeld(held);
    expect(shown === expected, () => `message ${seq} of ${name} is [${shown}], not [${expected}]`);
  }
}

function describeStored({ seq, subject, createdAtMs, body }: StoredMessage): string {
  return `${seq} ${subject} at ${createdAtMs} ${body.toString()}`;
}

function describeHeld({ seq, subject, createdAtMs, body }: ModelMessage): string {
  return `${seq} ${subject} at ${createdAtMs} ${body.toString()}`;
}
