import { describe, expect, it } from 'vitest';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { records } from '../support/states.ts';
import { describeLogStore, type Opened } from './contract.ts';
import { appendOp, createOp, Logs } from './logs.ts';

let lives = 0;

function newEngine(bytesMax = 1 << 30): MemoryEngine {
  lives += 1;
  return new MemoryEngine({ bytesMax, life: `life${lives}` });
}

function open(): Promise<Opened> {
  const store = newEngine();
  return Promise.resolve({
    store,
    reopen: async () => {
      await store.close();
      return newEngine();
    },
    catchUp: () => Promise.resolve(),
    dispose: () => store.close(),
  });
}

describeLogStore({
  name: 'memory',
  open,
  deviations: [
    {
      reason: 'memory ends with the process',
      tests: [
        'everything that was stored is there',
        'logs grow on from where they were',
        'stores what is pending',
        'versions and incarnations are none of those before it',
      ],
    },
  ],
});

describe('the memory engine', () => {
  it('promises nothing beyond the process', () => {
    expect(newEngine().capabilities).toEqual({ engine: 'memory', durability: 'none' });
  });

  it('refuses what it has no room for, all of it, and goes on', async () => {
    const store = newEngine(10);
    const logs = new Logs(store);
    const { version } = await logs.create('a', '12345');
    const full = { kind: 'refused', reason: 'full' };
    expect(await store.commit([appendOp('a', version, records('123456'))])).toEqual(full);
    const two = [
      appendOp('a', version, records('123')),
      createOp('b', { records: records('123') }),
    ];
    expect(await store.commit(two)).toEqual(full);
    expect(await logs.head('a')).toMatchObject({ version, tail: 5 });
    expect(store.latest('b')).toBe(undefined);
    expect(store.bytes).toBe(5);
    expect((await logs.append('a', '12345')).tail).toBe(10);
    expect(store.bytes).toBe(10);
  });

  it('takes changes without records however full it is', async () => {
    const logs = new Logs(newEngine(3));
    await logs.create('a', 'one');
    await logs.change('a', { kind: 'fork-added' });
    await logs.create('empty');
  });

  it('has room again for what is deleted, trimmed or replaced', async () => {
    const store = newEngine(10);
    const logs = new Logs(store);
    await logs.create('a', '12345', '67890');
    await logs.trim('a', 5);
    expect(store.bytes).toBe(5);
    await logs.create('b', '12345');
    await logs.remove('a');
    expect(store.bytes).toBe(5);
    await logs.create('b');
    expect(store.bytes).toBe(0);
  });

  it('keeps a record whole as long as a part of it is held', async () => {
    const store = newEngine();
    const logs = new Logs(store);
    await logs.create('a', 'one', 'two');
    expect(await logs.trim('a', 4)).toMatchObject({ start: 4, tail: 6 });
    expect(await logs.read('a', 4, 100)).toEqual([3, 'two', 6]);
    expect(store.bytes).toBe(3);
  });
});
