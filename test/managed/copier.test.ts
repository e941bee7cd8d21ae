import { beforeEach, describe, expect, it } from 'vitest';
import { Copier } from '../../src/managed/copier.ts';
import { ManagedService } from '../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import type { GivenConfig } from '../../src/messages/given.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { FindOutcome, FindRequest } from '../../src/storage/message-port.ts';
import { newMessage, origin, pattern, streamName } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { wrapStore } from '../support/wrapped-store.ts';

const ACCOUNT = 'acme';
const EU = streamName('EU');
const ALL = streamName('ALL');
const NOTHING = (): Promise<void> => Promise.resolve();

let engine: MemoryEngine;
let service: ManagedService;
/** Comes to pass, once, before the copier gets what it has asked for. */
let meanwhile = NOTHING;

beforeEach(() => {
  engine = new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
  const trims = new SubjectTrims(engine.messages, engine);
  service = new ManagedService(engine.messages, { nowMs: () => NOW_MS }, { replicasMax: 1 }, trims);
  meanwhile = NOTHING;
});

async function make(name: ReturnType<typeof streamName>, given: GivenConfig): Promise<void> {
  expect(await service.create(ACCOUNT, name, given)).toEqual({ kind: 'done' });
}

async function publish(...bodies: string[]): Promise<void> {
  const outcome = await service.publish(ACCOUNT, EU, {
    messages: bodies.map((body) => newMessage('eu.a', body)),
    messageId: undefined,
    expectedLastSeq: undefined,
    expectedLastSubjectSeq: undefined,
  });
  expect(outcome.kind).toBe('published');
}

async function bodiesOfAll(): Promise<string[]> {
  const found = await service.search(ACCOUNT, ALL, {
    search: pattern('>'),
    startSeq: 1,
    limit: 100,
  });
  return found.kind === 'found' ? found.messages.map(({ body }) => body.toString()) : [];
}

function copier(): Copier {
  const head = service.get(ACCOUNT, ALL);
  if (head === undefined) throw new Error('there is no stream');
  const find = async (name: string, request: FindRequest): Promise<FindOutcome> => {
    const first = meanwhile;
    meanwhile = NOTHING;
    await first();
    return engine.messages.find(name, request);
  };
  const parts = {
    logs: engine,
    messages: wrapStore(engine.messages, { find }),
    nowMs: () => NOW_MS,
  };
  return new Copier(parts, head, origin('EU'));
}

describe('a copy', () => {
  it('takes once what is in a stream that came in place of its origin while it read', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(ALL, { sources: [origin('EU')] });
    await publish('1', '2');
    meanwhile = async () => {
      await service.remove(ACCOUNT, EU);
      await make(EU, { subjects: [pattern('eu.>')] });
      await publish('3', '4', '5');
    };
    const copy = copier();
    for (let steps = 0; steps < 5; steps += 1) await copy.step();
    expect(await bodiesOfAll()).toEqual(['3', '4', '5']);
  });

  it('brings nothing into a stream that came in place of its target while it read', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(ALL, { sources: [origin('EU')] });
    await publish('1', '2');
    meanwhile = async () => {
      await service.remove(ACCOUNT, ALL);
      await make(ALL, { subjects: [pattern('all.>')] });
    };
    const copy = copier();
    expect(await copy.step()).toBe('gone');
    expect(await copy.step()).toBe('gone');
    expect(await bodiesOfAll()).toEqual([]);
  });
});
