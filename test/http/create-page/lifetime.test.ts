import { describe, expect, test } from 'vitest';
import { MemoryEngine } from '../../../src/storage/memory/engine.ts';
import type { StoredHead } from '../../../src/storage/port.ts';
import { ExpirySweeper } from '../../../src/streams/expiry-sweeper.ts';
import { streamRef } from '../../../src/streams/names.ts';
import { StreamService } from '../../../src/streams/stream-service.ts';
import { freshName, serve, type Served } from '../../support/http/engines.ts';
import { holdClock, type HeldClock } from '../../support/http/held-clock.ts';
import { until, untilSwept } from '../../support/http/until.ts';
import { LIMITS, PLAIN } from '../../support/stream-requests.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const SECOND_MS = 1000;

/** A bucket with that many streams that live for a second. */
async function bucketOfMortals(server: Served, count: number): Promise<string> {
  const bucket = freshName();
  await server.put(`/${bucket}`);
  const paths = Array.from({ length: count }, (_, index) => `/${bucket}/${index}`);
  const mortal = { headers: { ...TEXT, 'Stream-TTL': '1' } };
  await Promise.all(paths.map((path) => server.put(path, mortal)));
  return bucket;
}

/** Waits until all of them are removed, who would be listed again with the clock set back. */
function untilEmpty(server: Served, clock: HeldClock, bucket: string): Promise<void> {
  const isEmpty = async (): Promise<boolean> => {
    clock.step(-2 * SECOND_MS);
    const { text } = await server.get(`/${bucket}/streams`);
    clock.step(2 * SECOND_MS);
    return text.includes('"stream_count":0');
  };
  // Nothing is removed while the clock is set back: it must be the exception.
  return until('all are removed', isEmpty, 250);
}

describe('lifetimes over a restart', () => {
  const clock = holdClock();
  const server = serve('embedded');

  async function living(headers: Record<string, string>): Promise<string> {
    const path = `/demo/${freshName()}`;
    await server.put(path, { headers: { ...TEXT, ...headers }, body: 'abc' });
    return path;
  }

  async function expectAliveFor(path: string, ms: number): Promise<void> {
    clock.step(ms - 1);
    expect((await server.head(path)).status).toBe(200);
    clock.step(1);
    expect((await server.head(path)).status).toBe(404);
  }

  test('a sliding one goes on from the last write, to the millisecond', async () => {
    const path = await living({ 'Stream-TTL': '10' });
    clock.step(2 * SECOND_MS);
    await server.post(path, { headers: TEXT, body: 'def' });
    clock.step(4 * SECOND_MS);
    await server.restart();
    await expectAliveFor(path, 6 * SECOND_MS);
  });

  test('a sliding one goes on from the last read, never earlier and at most a tenth later', async () => {
    const path = await living({ 'Stream-TTL': '10' });
    for (let read = 0; read < 10; read += 1) {
      clock.step(3 * SECOND_MS);
      await server.get(path);
    }
    clock.step(4 * SECOND_MS);
    await server.restart();
    clock.step(6 * SECOND_MS - 1);
    expect((await server.head(path)).status).toBe(200);
    clock.step(SECOND_MS + 1);
    expect((await server.head(path)).status).toBe(404);
  });

  test('a fixed end stays where it was', async () => {
    const path = await living({ 'Stream-Expires-At': clock.inMs(10 * SECOND_MS) });
    await server.restart();
    clock.step(3 * SECOND_MS);
    await server.get(path);
    await server.restart();
    await expectAliveFor(path, 7 * SECOND_MS);
  });

  test('what expired while the server was down is gone, and its name is free', async () => {
    const path = await living({ 'Stream-TTL': '10' });
    const { tag } = await server.head(path);
    clock.step(60 * SECOND_MS);
    await server.restart();
    expect((await server.get(path)).verdict).toBe('404 stream-not-found');
    const made = await server.put(path, { headers: TEXT, body: 'new' });
    expect(made.status).toBe(201);
    expect(made.tag).not.toBe(tag);
    await server.restart();
    expect((await server.get(path)).text).toBe('new');
  });

  test('a listing tells the same end before and after', async () => {
    await living({ 'Stream-TTL': '100' });
    const before = await server.get('/demo/streams');
    await server.restart();
    expect((await server.get('/demo/streams')).json).toEqual(before.json);
  });
});

describe.each(['embedded', 'memory'] as const)(
  'the removal of the expired, %s engine',
  (engine) => {
    const clock = holdClock();
    const server = serve(engine, { checkpointIntervalMs: 50 });

    test('takes them away, and leaves the living alone', async () => {
      const mortal = `/demo/${freshName()}`;
      const renewed = `/demo/${freshName()}`;
      const immortal = `/demo/${freshName()}`;
      for (const path of [mortal, renewed]) {
        await server.put(path, { headers: { ...TEXT, 'Stream-TTL': '10' }, body: 'abc' });
      }
      await server.put(immortal, { headers: TEXT, body: 'abc' });
      clock.step(6 * SECOND_MS);
      await server.get(renewed);
      clock.step(6 * SECOND_MS);
      await untilSwept(server, clock, mortal, 12 * SECOND_MS);
      expect((await server.get(renewed)).text).toBe('abc');
      expect((await server.get(immortal)).text).toBe('abc');
    });

    test('takes away many, a bounded number at a time', async () => {
      const bucket = await bucketOfMortals(server, 300);
      clock.step(2 * SECOND_MS);
      await untilEmpty(server, clock, bucket);
    });

    test('takes a fork away with the source that was kept for it', async () => {
      const source = `/demo/${freshName()}`;
      const fork = `/demo/${freshName()}`;
      await server.put(source, { headers: TEXT, body: 'abc' });
      await server.put(fork, { headers: { 'Stream-Forked-From': source, 'Stream-TTL': '1' } });
      await server.delete(source);
      expect((await server.head(source)).status).toBe(410);
      clock.step(SECOND_MS);
      await until('the source is released', async () => (await server.head(source)).status === 404);
      expect((await server.put(source, { headers: TEXT })).status).toBe(201);
    });

    test('does not touch a new stream under an old name', async () => {
      const path = `/demo/${freshName()}`;
      const marker = `/demo/${freshName()}`;
      const mortal = { headers: { ...TEXT, 'Stream-TTL': '1' }, body: 'old' };
      await server.put(path, mortal);
      clock.step(SECOND_MS);
      expect((await server.put(path, { headers: TEXT, body: 'new' })).status).toBe(201);
      await server.put(marker, mortal);
      clock.step(SECOND_MS);
      await untilSwept(server, clock, marker, SECOND_MS);
      expect((await server.get(path)).text).toBe('new');
    });
  },
);

describe('the removal of the expired between two checkpoints', () => {
  const clock = holdClock();
  const server = serve('embedded', { checkpointIntervalMs: 3_600_000 });

  test('does not stop at what it has removed already', async () => {
    // More than go in one round. The restart makes the checkpoint that tells of them.
    const bucket = await bucketOfMortals(server, 300);
    await server.restart();
    clock.step(2 * SECOND_MS);
    await untilEmpty(server, clock, bucket);
  });
});

describe.each(['embedded', 'memory'] as const)('a clock that steps, %s engine', (engine) => {
  const clock = holdClock();
  const server = serve(engine);

  test('back, does not make a stream expire, and offsets and tags go on', async () => {
    const path = `/demo/${freshName()}`;
    const headers = { ...TEXT, 'Stream-TTL': '10' };
    const created = await server.put(path, { headers, body: 'abc' });
    clock.step(-3_600_000);
    const appended = await server.post(path, { headers: TEXT, body: 'def' });
    expect(appended.offset > created.offset).toBe(true);
    expect(appended.tag).not.toBe(created.tag);
    clock.step(3_600_000);
    expect((await server.get(path)).text).toBe('abcdef');
  });

  test('back, does not make cursors go back', async () => {
    const path = `/demo/${freshName()}`;
    await server.put(path, { headers: TEXT, body: 'abc' });
    const first = await server.get(`${path}?offset=-1&live=long-poll`);
    const cursor = Number(first.header('stream-cursor'));
    clock.step(-365 * 86_400 * SECOND_MS);
    const next = await server.get(`${path}?offset=-1&live=long-poll&cursor=${cursor}`);
    expect(Number(next.header('stream-cursor'))).toBeGreaterThan(cursor);
    clock.step(365 * 86_400 * SECOND_MS);
  });
});

describe('an expired stream that cannot be read', () => {
  /** Damage of a head shows when the head is looked up. */
  class DamagedEngine extends MemoryEngine {
    damaged: string | undefined;

    override latest(name: string): StoredHead | undefined {
      if (name === this.damaged) throw new Error('the head is damaged');
      return super.latest(name);
    }
  }

  test('does not keep the others from being removed', async () => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs };
    const store = new DamagedEngine({ bytesMax: 1 << 20, life: 'test' });
    const streams = new StreamService(store, clock, LIMITS);
    const expiry = { kind: 'ttl', seconds: 1 } as const;
    for (const stream of ['before', 'damaged', 'behind']) {
      const ref = streamRef('default', { kind: 'base', stream });
      await streams.create(ref, { ...PLAIN, expiry }, Buffer.from('abc'));
      if (stream === 'damaged') store.damaged = ref.name;
    }
    nowMs = 2000;
    await new ExpirySweeper(store, streams, clock).sweep();
    expect(store.due(nowMs, 10)).toEqual([store.damaged]);
  });
});
