import { expect } from 'vitest';
import { must } from '../../../src/lib/assert.ts';
import { START } from '../../../src/protocol/offset.ts';
import { NO_RECORDS } from '../../../src/protocol/records.ts';
import { MemoryEngine } from '../../../src/storage/memory/engine.ts';
import type {
  ConfigureOutcome,
  ManagedHead,
  PublishOutcome,
  RemoveOutcome,
} from '../../../src/storage/message-port.ts';
import { ABSENT, type Op } from '../../../src/storage/port.ts';
import { managedConfig, newMessage, publishRequest } from '../../support/managed.ts';
import { NOW_MS } from '../../support/states.ts';
import { Logs } from '../logs.ts';
import type { MessageEngine, OpenedEngine } from './contract.ts';
import {
  DOCUMENT,
  NAMES,
  type Change,
  type PlannedFind,
  type PlannedPublish,
  type Step,
} from './steps.ts';
import { Streams } from './streams.ts';

/** What is the same in both engines: neither life nor revision. */
function shown(head: ManagedHead | undefined): object | undefined {
  if (head === undefined) return undefined;
  const { incarnation, revision, ...rest } = head;
  expect(incarnation).not.toBe('');
  expect(revision).toBeGreaterThan(0);
  return rest;
}

/** An engine and the memory engine, of which the same is asked and the same expected. */
export class MessageTwins {
  readonly #opened: OpenedEngine;
  readonly #oracle = new MemoryEngine({ bytesMax: 1 << 30, life: 'oracle' });
  #engine: MessageEngine;
  #nowMs = NOW_MS;
  #texts = 0;

  constructor(opened: OpenedEngine) {
    this.#opened = opened;
    this.#engine = opened.engine;
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'configure':
        return this.#onBoth(async (engine) => {
          const outcome = await this.#configure(engine, step);
          return outcome.kind === 'configured' ? shown(outcome.head) : outcome;
        });
      case 'together':
        return this.#together(step.publishes);
      case 'time':
        this.#nowMs += step.ms;
        return;
      case 'find':
        return this.#find(step);
      case 'catch up':
        return this.#opened.catchUp();
      case 'reopen':
        this.#engine = await this.#opened.reopen();
        return this.compareAll();
      default:
        return this.#change(step);
    }
  }

  async #onBoth(ask: (engine: MessageEngine) => Promise<unknown>): Promise<void> {
    const expected = await ask(this.#oracle);
    expect(await ask(this.#engine)).toEqual(expected);
  }

  async #change(change: Change): Promise<void> {
    this.#texts += 1;
    await this.#onBoth((engine) => this.#apply(engine, change, this.#texts));
    this.#compareHead(change.name);
  }

  #configure(
    { messages }: MessageEngine,
    { name, special, isStale }: Extract<Step, { kind: 'configure' }>,
  ): Promise<ConfigureOutcome> {
    const revision = messages.managed(name)?.revision ?? 0;
    const config = managedConfig(special);
    const expected = isStale ? revision + 1 : revision;
    return messages.configure(name, { config, expected, nowMs: this.#nowMs });
  }

  #apply(
    engine: MessageEngine,
    change: Change,
    text: number,
  ): Promise<PublishOutcome | RemoveOutcome> {
    const { messages } = engine;
    const { name } = change;
    switch (change.kind) {
      case 'publish':
        return this.#publish(engine, change, text);
      case 'remove': {
        const lastSeq = messages.managed(name)?.lastSeq ?? 0;
        const seqs = change.places.map((place) => Math.round(place * lastSeq));
        return messages.removeMessages(name, seqs, change.cause);
      }
      case 'clear':
        return messages.clear(name);
      case 'enforce':
        return messages.enforce(name, this.#nowMs, change.messagesMax);
      case 'drop':
        return messages.dropManaged(name);
    }
  }

  async #publish(
    engine: MessageEngine,
    planned: PlannedPublish,
    text: number,
  ): Promise<PublishOutcome> {
    const ops = planned.beside === 'nothing' ? [] : [await documentOp(engine, planned, text)];
    return engine.messages.publish(planned.name, this.#requestOf(engine, planned), ops);
  }

  #requestOf(
    { messages }: MessageEngine,
    planned: PlannedPublish,
  ): ReturnType<typeof publishRequest> {
    const head = messages.managed(planned.name);
    const lastSeq = head?.lastSeq ?? 0;
    const { expects, gap } = planned;
    const isCopy = head?.config.mirror !== undefined;
    const seqs = planned.messages.map((_, index) => lastSeq + (index + 1) * (gap + 1));
    return publishRequest(
      planned.messages.map(({ on, body }) => newMessage(on, body)),
      {
        nowMs: this.#nowMs,
        messageId: planned.messageId,
        expectedLastSeq:
          expects === 'last' ? lastSeq : expects === 'wrongly' ? lastSeq + 1 : undefined,
        expectedLastSubjectSeq: expects === 'last of subject' ? lastSeq : undefined,
        copy:
          isCopy && gap > 0
            ? { kind: 'mirror', seqs, times: seqs.map((seq) => this.#nowMs + seq) }
            : undefined,
      },
    );
  }

  /** In which order they come is the engine's own affair, so each is of a subject and batch alike. */
  async #together(publishes: readonly PlannedPublish[]): Promise<void> {
    const first = must(publishes[0], 'there are several');
    const alike = publishes.map(() => ({ ...first, beside: 'nothing' as const, gap: 0 }));
    await this.#onBoth(async (engine) => {
      const request = this.#requestOf(engine, { ...first, gap: 0 });
      const outcomes = await Promise.all(
        alike.map(({ name }) => engine.messages.publish(name, request)),
      );
      return outcomes.map((outcome) => JSON.stringify(outcome)).sort();
    });
    this.#compareHead(first.name);
  }

  async #find({ name, filter, place, messagesMax, bytesMax }: PlannedFind): Promise<void> {
    const head = this.#engine.messages.managed(name);
    if (head === undefined) return;
    const fromSeq = Math.round(place * head.lastSeq);
    await this.#onBoth(({ messages }) =>
      new Streams(messages).all({ fromSeq, filter, messagesMax, bytesMax }, name),
    );
    await this.#onBoth(({ messages }) => new Streams(messages).counts(filter ?? '>', name));
    await this.#onBoth(async ({ messages }) => messages.message(name, fromSeq));
  }

  #compareHead(name: string): void {
    const expected = shown(this.#oracle.messages.managed(name));
    expect(shown(this.#engine.messages.managed(name))).toEqual(expected);
  }

  /** All that can be seen of both is the same. */
  async compareAll(): Promise<void> {
    await this.#onBoth(({ messages }) => Promise.resolve(messages.managedStreams('').map(shown)));
    for (const name of NAMES) {
      if (this.#oracle.messages.managed(name) === undefined) continue;
      await this.#onBoth(async ({ messages }) => {
        const streams = new Streams(messages);
        return [await streams.all({}, name), await streams.counts('>', name)];
      });
    }
    await this.#onBoth(async (engine) => (await engine.durable(DOCUMENT))?.state);
  }

  async close(): Promise<void> {
    await this.#oracle.close();
    await this.#opened.dispose();
  }
}

async function documentOp(
  engine: MessageEngine,
  { beside }: PlannedPublish,
  number: number,
): Promise<Op> {
  const version = await new Logs(engine).version(DOCUMENT);
  const expected = beside === 'stale' ? version + 1 : version;
  const text = String(number);
  return version === ABSENT
    ? {
        kind: 'create',
        name: DOCUMENT,
        expected,
        start: START,
        state: { kind: 'document', text },
        records: NO_RECORDS,
      }
    : {
        kind: 'append',
        name: DOCUMENT,
        expected,
        change: { kind: 'replaced', text },
        records: NO_RECORDS,
      };
}
