import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKPOINT_DEFAULTS } from '../../../src/storage/embedded/checkpoint.ts';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import { newMessage } from '../../support/managed.ts';
import { temporaryFolder } from '../../support/millrace.ts';
import { openEngine } from '../engine-folder.ts';
import { onA, STREAM, Streams } from './streams.ts';

/** Each commit is a milestone of its own, and each milestone a step. */
const checkpoint = { ...CHECKPOINT_DEFAULTS, milestoneBytes: 1, stepBytes: 1 };

describe('a checkpoint that goes from milestone to milestone', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: EmbeddedEngine;
  let streams: Streams;
  /** Where the folder was copied to, after each batch of the index. */
  const copies: string[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder();
    copies.length = 0;
    const live = join(folder.path, 'live');
    engine = await openEngine(live, {
      checkpoint,
      wrapIndex: (index) => ({
        ...index,
        commit: async (batch) => {
          await index.commit(batch);
          await index.flush();
          const copy = join(folder.path, `copy-${copies.length}`);
          await cp(live, copy, { recursive: true });
          copies.push(copy);
        },
      }),
    });
    streams = new Streams(engine.messages);
  });

  afterEach(async () => {
    await engine.close();
    await folder.remove();
  });

  /** What is there when the process ends after each of its steps. */
  async function afterEachStep(): Promise<string[][]> {
    copies.length = 0;
    await engine.checkpoint();
    const seen: string[][] = [];
    for (const copy of [...copies]) {
      const opened = await openEngine(copy, { checkpoint });
      seen.push(await new Streams(opened.messages).lines());
      await opened.close();
    }
    expect(seen.length).toBeGreaterThan(2);
    return seen;
  }

  it.each([
    ['trims', () => Promise.resolve()],
    ['was cleared and trims', () => engine.messages.clear(STREAM)],
    [
      'was made anew and trims',
      async () => {
        await engine.messages.dropManaged(STREAM);
        await streams.configure({ messagesMax: 5 });
      },
    ],
  ])('can be cut off after each step while a stream %s', async (_how, meanwhile) => {
    await streams.configure({ messagesMax: 5 });
    await streams.publish(onA('first'));
    await meanwhile();
    for (let count = 0; count < 12; count += 1) await streams.publish(onA(`${count}`));
    const whole = await streams.lines();
    expect(whole).toHaveLength(5);
    for (const lines of await afterEachStep()) expect(lines).toEqual(whole);
  });

  it('does not take in what ended before it began', async () => {
    await streams.configure();
    for (let count = 0; count < 20; count += 1) await streams.publish(onA(`${count}`));
    await engine.messages.clear(STREAM);
    await streams.publish([newMessage('orders.b')]);
    const steps = await afterEachStep();
    expect(steps.length).toBeLessThan(8);
    for (const lines of steps) expect(lines).toEqual(['21 orders.b 1']);
  });
});
