import { beforeEach, expect, test, vi } from 'vitest';
import { CONFIG_STREAM, ConfigStream } from '../../src/delivery/config-stream.ts';
import { progressName } from '../../src/delivery/names.ts';
import { memoryTriggers } from '../support/memory-triggers.ts';
import type { TriggerService } from '../../src/delivery/trigger-service.ts';
import { managedName } from '../../src/managed/names.ts';
import { createDocument } from '../../src/storage/documents.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { DataCorrupt } from '../../src/storage/port.ts';
import { newMessage, pattern, publishRequest } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { wrapStore } from '../support/wrapped-store.ts';
import { Streams } from '../storage/messages/streams.ts';

// What a crash leaves of deleted triggers, and what the next start makes of it.

const clock = { nowMs: () => NOW_MS };

let engine: MemoryEngine;

beforeEach(async () => {
  engine = new MemoryEngine({ bytesMax: 1 << 24, life: 'test' });
  await new Streams(engine.messages).configure();
});

function open(messages: MessageStore = engine.messages): TriggerService {
  return memoryTriggers(engine, { messages, mintId: () => 'standing' });
}

/** A trigger of that id, which has its place in one source. */
async function standing(): Promise<void> {
  const triggers = open();
  const created = await triggers.create('acme', {
    name: 'standing',
    trigger_type: 'stream',
    source: { subject: 'orders.>' },
    target: { subject: 'copied.>' },
  });
  expect(created.kind).toBe('created');
  await triggers.stop();
}

/** What is left of a trigger that nobody knows any more. */
async function left(account: string, id: string, sources: number): Promise<void> {
  const names = Array.from({ length: sources }, (_, index) =>
    progressName(account, id, `source-${index}`),
  );
  await engine.commit(names.map((name) => createDocument(name, 'somewhere')));
}

function places(): string[] {
  const listed = engine.list({ prefix: 'p', after: undefined, limit: 10_000 });
  return listed.map(({ name }) => name.replaceAll('\0', '/'));
}

test('places of triggers that are gone are forgotten behind the next start, others kept', async () => {
  await standing();
  await left('acme', 'gone', 3);
  await left('acme', 'zeta', 600);
  await left('other', 'standing', 1);
  const triggers = open();
  await triggers.start(() => undefined);
  expect(places().length).toBeGreaterThan(1);
  await vi.waitUntil(() => places().length === 1, { timeout: 20_000 });
  await triggers.stop();
  expect(places()).toEqual(['pacme/standing/ORDERS']);
});

test('all places are kept while a trigger cannot be read: they may be its own', async () => {
  await standing();
  await left('acme', 'gone', 1);
  const stored = managedName('acme', CONFIG_STREAM);
  const unreadable = newMessage('ms.trigger.stream.odd', '{"type":"of another version"}');
  await engine.messages.publish(stored, publishRequest([unreadable]));
  const triggers = open();
  const told: string[] = [];
  await triggers.start((_account, name) => told.push(name));
  // Whatever was begun has its turn before this one.
  await triggers.stop();
  expect(told).toEqual(['odd']);
  expect(places()).toHaveLength(2);
});

test('a trigger that is made meanwhile keeps its place', async () => {
  await left('acme', 'gone', 300);
  const triggers = open();
  await triggers.start(() => undefined);
  const created = await triggers.create('acme', {
    name: 'late',
    trigger_type: 'stream',
    source: { subject: 'orders.>' },
    target: { subject: 'copied.>' },
  });
  expect(created.kind).toBe('created');
  await vi.waitUntil(() => places().length <= 1, { timeout: 20_000 });
  expect(places()).toEqual(['pacme/standing/ORDERS']);
  await triggers.stop();
});

test('all places are kept while the stream of configurations is damaged', async () => {
  await standing();
  const damaged = wrapStore(engine.messages, {
    readableStreams: (prefix) =>
      engine.messages.readableStreams(prefix).filter(({ config }) => config.name !== CONFIG_STREAM),
    managedStreams: () => {
      throw new DataCorrupt('its head cannot be read');
    },
  });
  const triggers = open(damaged);
  await triggers.start(() => undefined);
  // Whatever was begun has its turn before this one.
  await triggers.stop();
  expect(places()).toEqual(['pacme/standing/ORDERS']);
});

test('an account whose configurations are damaged has no triggers; others have theirs', async () => {
  await standing();
  const { messages } = engine;
  const config = new ConfigStream({ messages, onStreamMade: () => undefined }, clock.nowMs);
  await config.ensure('other');
  const stored = managedName('other', CONFIG_STREAM);
  const unread = newMessage('ms.trigger.stream.unread', '{"type":"deleted"}');
  await messages.publish(stored, publishRequest([unread]));
  const damaged = wrapStore(messages, {
    find: (name, request) => {
      return name === stored ? { kind: 'corrupt' } : messages.find(name, request);
    },
  });
  await left('other', 'unread', 1);
  const triggers = open(damaged);
  const told: string[] = [];
  await triggers.start((account, name) => told.push(`${account} ${name}`));
  expect(told).toEqual(['other >']);
  expect(triggers.list('acme', pattern('>'))).toHaveLength(1);
  await triggers.stop();
  expect(places()).toHaveLength(2);
});
