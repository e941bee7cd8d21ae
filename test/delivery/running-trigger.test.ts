import { expect, onTestFinished, test, vi } from 'vitest';
import { memoryTriggers } from '../support/memory-triggers.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { onA, OTHER, STREAM, Streams } from '../storage/messages/streams.ts';
import { pattern, streamName, triggerName } from '../support/managed.ts';
import { wrapStore } from '../support/wrapped-store.ts';

const ACCOUNT = 'acme';
const COPY = triggerName('copy');

test('a stream that is made again just after it was missed is carried on', async () => {
  const engine = new MemoryEngine({ bytesMax: 1 << 24, life: 'test' });
  const streams = new Streams(engine.messages);
  let isMissedOnce = false;
  const messages = wrapStore(engine.messages, {
    managed: (name) => {
      const isMissed = isMissedOnce && name === STREAM;
      if (isMissed) isMissedOnce = false;
      return isMissed ? undefined : engine.messages.managed(name);
    },
  });
  const triggers = memoryTriggers(engine, { messages });
  onTestFinished(() => triggers.stop());
  const delivered = async (): Promise<number | undefined> => {
    return (await triggers.get(ACCOUNT, COPY))?.sources[0]?.progress?.delivered;
  };

  await streams.configure();
  await streams.configure({ name: streamName('LOGS'), subjects: [pattern('copied.>')] }, OTHER);
  const definition = {
    name: COPY,
    trigger_type: 'stream',
    source: { subject: 'orders.>' },
    target: { subject: 'copied.>' },
  };
  expect((await triggers.create(ACCOUNT, definition)).kind).toBe('created');
  await streams.publish(onA('1'));
  await vi.waitUntil(async () => (await delivered()) === 1, { timeout: 20_000 });

  isMissedOnce = true;
  await streams.publish(onA('2'));
  await vi.waitUntil(() => !isMissedOnce, { timeout: 20_000 });
  await vi.waitUntil(async () => (await delivered()) === 2, { timeout: 20_000 });
});
