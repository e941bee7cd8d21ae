import { describe, expect, it } from 'vitest';
import { OneByOne } from '../../src/lib/one-by-one.ts';

describe('work that runs one by one', () => {
  it('begins when what was given before it has ended, in that order', async () => {
    const work = new OneByOne();
    const seen: string[] = [];
    const step = async (name: string): Promise<string> => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      return name;
    };
    const all = ['one', 'two'].map((name) => work.run(() => step(name)));
    expect(await Promise.all(all)).toEqual(['one', 'two']);
    expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('goes on behind what has failed, and tells only those of it who gave it', async () => {
    const work = new OneByOne();
    const failing = work.run(() => Promise.reject(new Error('broken')));
    const next = work.run(() => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
    await work.idle();
  });

  it('is idle when the last of it has ended', async () => {
    const work = new OneByOne();
    let isDone = false;
    void work.run(async () => {
      await Promise.resolve();
      isDone = true;
    });
    await work.idle();
    expect(isDone).toBe(true);
  });
});
