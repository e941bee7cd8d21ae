import { describe, expect, it } from 'vitest';
import { clockedMillrace } from '../support/clocked-millrace.ts';
import { exchange, RawConnection, requestBytes } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import {
  append,
  createStream,
  eventually,
  expectProblem,
  metric,
  shareMillrace,
} from './support.ts';

const memory = shareMillrace({ memory: true });
const embedded = shareMillrace({ checkpointIntervalMs: 20 });

describe.each([
  ['in memory', memory],
  ['on the embedded engine', embedded],
])('L6: a stream that ends under its live readers, %s', (engine, millrace) => {
  let count = 0;
  const newPath = (): string => {
    count += 1;
    return `/v1/stream/vanishing-${engine.length}-${count}`;
  };
  const remove = (target: string) => exchange(millrace.port, { method: 'DELETE', target });
  const liveReaders = (): Promise<number> => metric(millrace.port, 'millrace_live_readers');

  /** A reader of each kind that has seen all there is, and waits. */
  async function follow(path: string) {
    const before = await liveReaders();
    const reader = await SseReader.open(millrace.port, path);
    await reader.untilUpToDate();
    const { offset } = reader;
    const poll = exchange(millrace.port, { target: `${path}?offset=${offset}&live=long-poll` });
    await eventually(async () => (await liveReaders()) === before + 2);
    return { reader, poll };
  }

  it('L6: by DELETE ends their events properly and answers their polls with 404', async () => {
    const path = newPath();
    await createStream(millrace.port, path, { body: 'old' });
    const { reader, poll } = await follow(path);
    expect((await remove(path)).status).toBe(204);
    expectProblem(await poll, 404, 'stream-not-found');
    await reader.untilOver();
    expect(reader.text).toBe('old');
    expect(reader.control?.streamClosed).toBeUndefined();
    // Who comes back learns why.
    const again = await exchange(millrace.port, {
      target: `${path}?offset=${reader.offset}&live=sse`,
    });
    expectProblem(again, 404, 'stream-not-found');
    expect(await liveReaders()).toBe(0);
  });

  it('L6: by its expiry date does so too', async () => {
    const path = newPath();
    const at = new Date(Date.now() + 3000).toISOString();
    await createStream(millrace.port, path, { body: 'old', fields: [`Stream-Expires-At: ${at}`] });
    const { reader, poll } = await follow(path);
    expectProblem(await poll, 404, 'stream-not-found');
    await reader.untilOver();
    expect(reader.text).toBe('old');
  });

  it('L6: and is made anew at once shows them nothing of the new one', async () => {
    for (let round = 0; round < 15; round += 1) {
      const path = newPath();
      await createStream(millrace.port, path, { body: 'old' });
      const { reader, poll } = await follow(path);
      // All under way at the same time, in one commit if it comes so: old and new do not mix.
      const creation = { method: 'PUT', target: path, body: 'NEW AND LONGER' };
      const requests = [{ method: 'DELETE', target: path }, creation, creation, creation];
      const connections = await Promise.all(requests.map(() => RawConnection.open(millrace.port)));
      const fields = ['Content-Type: text/plain'];
      const answers = connections.map((connection, index) => {
        connection.send(requestBytes({ fields, target: path, ...requests[index] }));
        return connection.answer();
      });
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses[0]).toBe(204);
      for (const connection of connections) connection.close();
      if (!statuses.includes(201)) await createStream(millrace.port, path, { body: 'NEW' });
      await append(millrace.port, path, 'NEW');
      const { status, body } = await poll;
      expect({ status, body: body.toString() }).toMatchObject({ status: 404 });
      await reader.untilOver();
      expect(reader.text).toBe('old');
    }
  });

  it('L6: and is made anew while they catch up shows them nothing of the new one', async () => {
    const record = 'old;'.repeat(64 * 1024);
    for (let round = 0; round < 3; round += 1) {
      const path = newPath();
      await createStream(millrace.port, path);
      for (let part = 0; part < 24; part += 1) await append(millrace.port, path, record);
      const reader = await SseReader.open(millrace.port, path);
      await reader.until(({ text }) => text !== '');
      await remove(path);
      await createStream(millrace.port, path, { body: 'NEW;'.repeat(2_000_000) });
      await reader.untilOver();
      expect(reader.text).toMatch(/^(?:old;)+$/);
      await remove(path);
    }
  });

  it('L6: and is made anew while it is read breaks the answer off, or leaves it whole', async () => {
    const path = newPath();
    await createStream(millrace.port, path);
    // More than fits into what lies between both ends, and then a new stream that is longer still.
    const megabytes = 24;
    const [ofOld, ofNew] = ['old;', 'NEW;'].map((text) => text.repeat(256 * 1024));
    for (let part = 0; part < megabytes; part += 1) await append(millrace.port, path, ofOld ?? '');
    const connection = await RawConnection.open(millrace.port);
    connection.send(requestBytes({ target: path, fields: ['Connection: close'] }));
    await connection.head();
    connection.socket.pause();
    await remove(path);
    await createStream(millrace.port, path);
    for (let part = 0; part <= megabytes; part += 1) await append(millrace.port, path, ofNew ?? '');
    connection.socket.resume();
    const body = (await connection.rest()).toString();
    expect(body.length).toBeLessThanOrEqual(megabytes * 1024 * 1024);
    expect(body.replaceAll('old;', '')).toMatch(/^(?:|o|ol|old)$/);
    await remove(path);
  });

  it('L6: but lives on in a fork leaves those of the fork alone', async () => {
    const path = newPath();
    const fork = `${path}-fork`;
    await createStream(millrace.port, path, { body: 'old' });
    await createStream(millrace.port, fork, { fields: [`Stream-Forked-From: ${path}`] });
    const { reader, poll } = await follow(path);
    const ofFork = await follow(fork);
    expect((await remove(path)).status).toBe(204);
    expectProblem(await poll, 410, 'stream-gone');
    await reader.untilOver();
    await append(millrace.port, fork, 'more');
    expect((await ofFork.poll).body.toString()).toBe('more');
    await ofFork.reader.until(({ text }) => text === 'oldmore');
    ofFork.reader.close();
    await remove(fork);
    await eventually(async () => (await liveReaders()) === 0);
  });

  it('L6: by forty deletions and creations in a row breaks nobody', async () => {
    const path = newPath();
    const isDone = { value: false };
    const seen = new Set<string>();
    const watch = async (): Promise<void> => {
      while (!isDone.value) {
        const answer = await exchange(millrace.port, {
          target: `${path}?offset=-1&live=long-poll`,
        });
        expect([200, 404]).toContain(answer.status);
        if (answer.status === 200) seen.add(answer.body.toString());
      }
    };
    const watchers = [watch(), watch(), watch()];
    for (let round = 0; round < 40; round += 1) {
      await createStream(millrace.port, path, { body: `life ${round}` });
      expect((await remove(path)).status).toBe(204);
    }
    isDone.value = true;
    await Promise.all(watchers);
    for (const text of seen) expect(text).toMatch(/^life \d+$/);
  });
});

describe('L6: a stream with a TTL', () => {
  it('L6: is kept by who follows it, and goes once they have gone', async () => {
    const { port, clock, sweep } = await clockedMillrace({ sseKeepAliveMs: 100 });
    const path = '/v1/stream/sliding';
    await createStream(port, path, { body: 'old', fields: ['Stream-TTL: 600'] });
    const reader = await SseReader.open(port, path);
    await reader.untilUpToDate();
    for (let round = 0; round < 3; round += 1) {
      clock.step(599_000);
      const seen = reader.comments.length;
      // A reader counts as access at every tick, and comments come no oftener than those.
      await reader.until(({ comments }) => comments.length > seen + 3);
      await sweep();
    }
    await append(port, path, 'new');
    await reader.until(({ text }) => text === 'oldnew');
    reader.close();
    await eventually(async () => (await metric(port, 'millrace_live_readers')) === 0);
    clock.step(600_000 + 60_000);
    expectProblem(await exchange(port, { target: path }), 404, 'stream-not-found');
  });
});
