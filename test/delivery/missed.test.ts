import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryTriggers } from '../support/memory-triggers.ts';
import type { Progress } from '../../src/delivery/progress.ts';
import type { TriggerService } from '../../src/delivery/trigger-service.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { pattern, streamName, triggerName } from '../support/managed.ts';
import { onA, OTHER, STREAM, Streams } from '../storage/messages/streams.ts';

// What retention takes before a trigger has carried it, and how a trigger tells of it.

const ACCOUNT = 'acme';
const COPY = triggerName('copy');
const KEPT = 3;

let streams: Streams;
let triggers: TriggerService;

beforeEach(async () => {
  const engine = new MemoryEngine({ bytesMax: 1 << 24, life: 'test' });
  streams = new Streams(engine.messages);
  triggers = memoryTriggers(engine);
  await streams.configure({ name: streamName('LOGS'), subjects: [pattern('copied.>')] }, OTHER);
});

afterEach(() => triggers.stop());

function source(): Promise<unknown> {
  return streams.configure({ messagesMax: KEPT });
}

/** Messages one by one, so that each takes an older one's place. */
async function publish(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await streams.publish(onA('1'));
}

async function create(start: string | number, special: object = {}): Promise<void> {
  const created = await triggers.create(ACCOUNT, {
    name: COPY,
    trigger_type: 'stream',
    source: { subject: 'orders.>' },
    target: { subject: 'copied.>' },
    start,
    ...special,
  });
  expect(created.kind).toBe('created');
}

async function progress(): Promise<Progress | undefined> {
  const view = await triggers.get(ACCOUNT, COPY);
  return view?.sources[0]?.progress;
}

async function untilCarried(next: number): Promise<Progress | undefined> {
  await vi.waitUntil(async () => (await progress())?.next === next, { timeout: 20_000 });
  return await progress();
}

test.each([
  ['all', 2, 2],
  ['new', 0, 2],
  [2, 1, 2],
])(
  'a trigger that starts at %j and is paused at once has missed what goes before it is resumed',
  async (start, delivered, early) => {
    await source();
    await publish(early);
    await create(start);
    await untilCarried(early + 1);
    expect(await progress()).toMatchObject({ delivered, missed: 0 });
    await triggers.pause(ACCOUNT, COPY);
    await publish(KEPT + 4);
    await triggers.resume(ACCOUNT, COPY);
    const carried = await untilCarried(early + KEPT + 4 + 1);
    expect(carried).toMatchObject({ delivered: delivered + KEPT, missed: 4 });
  },
);

test.each(['all', 'new', 1])(
  'a trigger that starts at %j has missed what was gone before it first looked at a stream',
  async (start) => {
    await create(start);
    await triggers.pause(ACCOUNT, COPY);
    await source();
    await publish(KEPT + 2);
    await triggers.resume(ACCOUNT, COPY);
    expect(await untilCarried(KEPT + 2 + 1)).toMatchObject({ delivered: KEPT, missed: 2 });
  },
);

test('a trigger that delivers nothing accounts for everything from its creation on', async () => {
  await source();
  // What is gone by its creation it could not miss.
  await publish(KEPT + 2);
  await create('all', { filter: { path: '/never', exists: true } });
  await untilCarried(KEPT + 3);
  await triggers.pause(ACCOUNT, COPY);
  await publish(KEPT + 4);
  await triggers.resume(ACCOUNT, COPY);
  const { filtered = 0, missed = 0 } = (await untilCarried(KEPT + 2 + KEPT + 4 + 1)) ?? {};
  expect(filtered + missed).toBe(KEPT + KEPT + 4);
});

test('a stream that is made anew is missed from its beginning', async () => {
  await source();
  await publish(1);
  await create('all');
  await untilCarried(2);
  await triggers.pause(ACCOUNT, COPY);
  await streams.store.dropManaged(STREAM);
  await source();
  await publish(KEPT + 5);
  await triggers.resume(ACCOUNT, COPY);
  expect(await untilCarried(KEPT + 6)).toMatchObject({ delivered: 1 + KEPT, missed: 5 });
});
