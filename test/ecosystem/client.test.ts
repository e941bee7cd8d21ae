import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DurableStream,
  FetchError,
  IdempotentProducer,
  StaleEpochError,
  stream,
} from '@durable-streams/client';
import { startMillrace } from '../support/millrace.ts';
import {
  inbox,
  killableMillrace,
  persistent,
  range,
  recordingFetch,
  restartableMillrace,
} from './support.ts';
import type { HeadResult, LiveMode } from '@durable-streams/client';

const JSON_TYPE = 'application/json';
const BYTES = 'application/octet-stream';
const TEXT = 'text/plain';
/** Small, so that reads take several responses. */
const PAGE_BYTES = 16 * 1024;

let server: Awaited<ReturnType<typeof startMillrace>>;
beforeAll(async () => {
  server = await startMillrace({ longPollTimeoutMs: 1_000, pageBytes: PAGE_BYTES });
  await fetch(`${server.url}/ecosystem`, { method: 'PUT' });
});
afterAll(() => server.close());

let streams = 0;
const baseUrl = () => `${server.url}/v1/stream/client/${streams++}`;
const bucketUrl = () => `${server.url}/ecosystem/client-${streams++}`;

describe.each([
  { address: '/v1/stream/{path}', freshUrl: baseUrl },
  { address: '/{bucket}/{stream}', freshUrl: bucketUrl },
])('the client at $address', ({ freshUrl }) => {
  const create = (contentType: string) => DurableStream.create({ url: freshUrl(), contentType });

  test('creates a stream once, and describes it with HEAD', async () => {
    const url = freshUrl();
    const created = await DurableStream.create({ url, contentType: TEXT });
    expect(created.contentType).toBe(TEXT);
    const empty = await existing(created);
    expect(empty).toMatchObject({ contentType: TEXT, streamClosed: false });
    expect(empty.etag).toBeDefined();

    await DurableStream.create({ url, contentType: TEXT });
    expect(await existing(created)).toEqual(empty);

    await created.append('more');
    const longer = await existing(created);
    expect(after(longer.offset, empty.offset)).toBe(true);
    expect(longer.etag).not.toBe(empty.etag);
  });

  test('is refused another content type under the same name', async () => {
    const { url } = await create(TEXT);
    const refused = await refusal(DurableStream.create({ url, contentType: JSON_TYPE }));
    expect(refused.status).toBe(409);
    expect(await existing(new DurableStream({ url }))).toMatchObject({ contentType: TEXT });
  });

  test('creates a stream with its first content, closed at once', async () => {
    const url = freshUrl();
    await DurableStream.create({ url, contentType: TEXT, body: 'all there is', closed: true });
    const read = await stream({ url, live: true });
    expect(await read.text()).toBe('all there is');
    expect(read.streamClosed).toBe(true);
    expect(await existing(new DurableStream({ url }))).toMatchObject({ streamClosed: true });
  });

  test('appends text and reads the same text', async () => {
    const handle = await create(TEXT);
    const parts = ['The', ' quick', '  brown', '\nfox\n', ' — 🦊'];
    for (const part of parts) await handle.append(part);
    expect(await (await handle.stream({ live: false })).text()).toBe(parts.join(''));
  });

  test('appends bytes and reads the same bytes', async () => {
    const handle = await create(BYTES);
    const bytes = Uint8Array.from(range(256));
    for (let written = 0; written < 4; written++) await handle.append(bytes);
    const read = await (await handle.stream({ live: false })).body();
    expect([...read]).toEqual(range(4).flatMap(() => range(256)));
  });

  test('reads a long stream up to its tail, over several responses', async () => {
    const { fetch, exchanges } = recordingFetch();
    const handle = await DurableStream.create({ url: freshUrl(), contentType: JSON_TYPE, fetch });
    const values = range(500).map((n) => ({ n, text: 'x'.repeat(300) }));
    await Promise.all(values.map((value) => handle.append(JSON.stringify(value))));
    expect(await (await handle.stream()).json()).toEqual(values);
    expect(exchanges.filter(({ method }) => method === 'GET').length).toBeGreaterThan(5);

    // `live: false` takes one response; whoever wants them all goes on until it is up to date.
    const pages: unknown[] = [];
    let page = await handle.stream({ live: false });
    for (;;) {
      pages.push(...(await page.json()));
      if (page.upToDate) break;
      page = await handle.stream({ live: false, offset: page.offset });
    }
    expect(pages).toEqual(values);
  });

  test('appends JSON values and reads them as values, arrays included', async () => {
    const handle = await create(JSON_TYPE);
    const values = [{ id: 1, text: 'é\u2028"' }, [1, [2]], 'text', 3.5, true, null, []];
    for (const value of values) await handle.append(JSON.stringify(value));
    expect(await (await handle.stream({ live: false })).json()).toEqual(values);
  });

  test('gathers overlapping appends into fewer requests, in order', async () => {
    const { fetch, exchanges } = recordingFetch();
    const handle = await DurableStream.create({ url: freshUrl(), contentType: JSON_TYPE, fetch });
    await Promise.all(range(100).map((value) => handle.append(JSON.stringify(value))));
    expect(exchanges.filter(({ method }) => method === 'POST').length).toBeLessThan(100);
    expect(await (await handle.stream({ live: false })).json()).toEqual(range(100));
  });

  test('streams the body of one append', async () => {
    const { fetch, exchanges } = recordingFetch();
    const handle = await DurableStream.create({ url: freshUrl(), contentType: TEXT, fetch });
    await handle.appendStream(lines(50));
    expect(exchanges.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(await (await handle.stream({ live: false })).text()).toBe(
      range(50)
        .map((line) => `line ${line}\n`)
        .join(''),
    );
  });

  test('pipes into a writable, which closes the stream at its end', async () => {
    const handle = await create(TEXT);
    await ReadableStream.from(lines(20)).pipeTo(handle.writable({ producerId: 'pipe' }));
    const read = await handle.stream();
    expect((await read.text()).endsWith('line 19\n')).toBe(true);
    expect(read.streamClosed).toBe(true);
  });

  test('is refused a Stream-Seq that does not advance', async () => {
    const handle = await create(TEXT);
    await handle.append('first', { seq: '0002' });
    for (const seq of ['0002', '0001']) {
      expect((await refusal(handle.append('again', { seq }))).status).toBe(409);
    }
    await handle.append(' second', { seq: '0003' });
    expect(await (await handle.stream({ live: false })).text()).toBe('first second');
  });

  test('resumes from a saved offset, and skips everything with `now`', async () => {
    const handle = await create(JSON_TYPE);
    await handle.append('"old"');
    const first = await handle.stream({ live: false });
    expect(await first.json()).toEqual(['old']);

    await handle.append('"new"');
    const resumed = await handle.stream({ offset: first.offset, live: false });
    expect(await resumed.json()).toEqual(['new']);
    expect(resumed.upToDate).toBe(true);

    const now = await handle.stream({ offset: 'now', live: false });
    expect(await now.json()).toEqual([]);
    expect(now.offset).toBe((await existing(handle)).offset);
  });

  test('closes a stream: readers see the end, writers are refused', async () => {
    const handle = await create(TEXT);
    await handle.append('body');
    const { finalOffset } = await handle.close({ body: ' and end' });
    expect(await existing(handle)).toMatchObject({ offset: finalOffset, streamClosed: true });
    expect(await handle.close()).toEqual({ finalOffset });

    for (const write of [() => handle.append('late'), () => handle.close({ body: 'late' })]) {
      const refused = await refusal(write());
      expect(refused.status).toBe(409);
      expect(refused.headers['stream-closed']).toBe('true');
      expect(refused.headers['stream-next-offset']).toBe(finalOffset);
    }
    const read = await handle.stream();
    expect(await read.text()).toBe('body and end');
    expect(read).toMatchObject({ streamClosed: true, offset: finalOffset });
  });

  test('deletes a stream, after which it is not there', async () => {
    const handle = await create(TEXT);
    await handle.append('short-lived');
    await handle.delete();
    expect(await handle.head()).toEqual({ exists: false });
    for (const attempt of [
      () => handle.stream({ live: false }),
      () => handle.append('late'),
      () => handle.delete(),
    ]) {
      expect((await refusal(attempt())).status).toBe(404);
    }
    await handle.create({ contentType: TEXT });
    expect(await (await handle.stream({ live: false })).text()).toBe('');
  });

  describe.each<{ live: LiveMode }>([{ live: 'long-poll' }, { live: 'sse' }, { live: true }])(
    'reading live ($live)',
    ({ live }) => {
      test('JSON: what was there, what comes, then the end', async () => {
        const handle = await create(JSON_TYPE);
        await handle.append('{"n":0}');
        const read = await handle.stream<{ n: number }>({ live });
        const arrived = inbox<{ n: number }>();
        read.subscribeJson(({ items }) => {
          arrived.add(...items);
        });
        await arrived.until(({ length }) => length === 1);
        for (const n of range(5, 1)) {
          await handle.append(JSON.stringify({ n }));
          await arrived.until(({ length }) => length === n + 1);
        }
        await handle.close({ body: '{"n":6}' });
        await Promise.all([arrived.until(({ length }) => length === 7), read.closed]);
        expect(arrived.items).toEqual(range(7).map((n) => ({ n })));
        expect(read.streamClosed).toBe(true);
        expect(read.offset).toBe((await existing(handle)).offset);
      });

      test('tells a subscriber of a close that brings no data', async () => {
        const handle = await create(TEXT);
        const read = await handle.stream({ live });
        const ends = inbox<string>();
        const chunks = inbox<boolean>();
        read.subscribeText(({ offset, streamClosed }) => {
          if (streamClosed) ends.add(offset);
          chunks.add(streamClosed);
        });
        await chunks.until(({ length }) => length > 0);
        const { finalOffset } = await handle.close();
        await ends.until(({ length }) => length > 0);
        await read.closed;
        expect(ends.items).toEqual([finalOffset]);
      });

      test('text: every space and line end', async () => {
        const handle = await create(TEXT);
        const parts = ['Once', ' upon', '  a\n', '\n time', ' ', '\n', 'data: no\n\nevent: no'];
        const read = await handle.stream({ live });
        const arrived = inbox<string>();
        read.subscribeText(({ text }) => {
          arrived.add(text);
        });
        for (const [index, part] of parts.entries()) {
          await handle.append(part);
          const soFar = parts.slice(0, index + 1).join('');
          await arrived.until((texts) => texts.join('') === soFar);
        }
        await handle.close();
        await read.closed;
        expect(arrived.items.join('')).toBe(parts.join(''));
      });

      test('bytes: every value of a byte', async () => {
        const handle = await create(BYTES);
        const part = Uint8Array.from(range(256));
        const read = await handle.stream({ live });
        const arrived = inbox<number>();
        read.subscribeBytes(({ data }) => {
          arrived.add(...data);
        });
        for (const count of range(4, 1)) {
          await handle.append(part);
          await arrived.until(({ length }) => length === count * part.length);
        }
        await handle.close();
        await read.closed;
        expect(arrived.items).toEqual(range(4).flatMap(() => range(256)));
      });

      test('reports offsets from which another reader continues', async () => {
        const handle = await create(JSON_TYPE);
        const read = await handle.stream<number>({ live });
        const batches = inbox<{ offset: string; seen: number }>();
        let seen = 0;
        read.subscribeJson(({ items, offset }) => {
          seen += items.length;
          batches.add({ offset, seen });
        });
        for (const value of range(6)) {
          await handle.append(JSON.stringify(value));
          await batches.until(() => seen === value + 1);
        }
        read.cancel();
        for (const { offset, seen: before } of batches.items) {
          const rest = await handle.stream<number>({ offset, live: false });
          expect(await rest.json()).toEqual(range(6 - before, before));
        }
      });
    },
  );

  test('SSE: characters that appends break apart arrive whole', async () => {
    const handle = await create(TEXT);
    const read = await handle.stream({ live: 'sse' });
    const arrived = inbox<string>();
    read.subscribeText(({ text }) => {
      arrived.add(text);
    });
    for (const byte of Buffer.from('aé🌊—z')) await handle.append(Uint8Array.of(byte));
    await arrived.until((texts) => texts.join('').endsWith('z'));
    expect(arrived.items.join('')).toBe('aé🌊—z');
    read.cancel();
  });

  test('SSE: a long text arrives whole that was piped in as pieces of bytes', async () => {
    const handle = await create(TEXT);
    const text = 'ä—🌊'.repeat(10_000);
    const read = await handle.stream({ live: 'sse' });
    const arrived = inbox<string>();
    read.subscribeText((chunk) => {
      arrived.add(chunk.text);
    });
    const bytes = Buffer.from(text);
    const pieces = range(Math.ceil(bytes.length / PAGE_BYTES)).map((index) =>
      bytes.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES),
    );
    await ReadableStream.from(pieces).pipeTo(handle.writable({ maxBatchBytes: PAGE_BYTES }));
    await Promise.all([
      arrived.until((texts) => texts.join('').length >= text.length),
      read.closed,
    ]);
    expect(arrived.items.join('')).toBe(text);
  });

  test('long-poll: an idle reader outlives the poll timeout', async () => {
    const { fetch, exchanges } = recordingFetch();
    const handle = await DurableStream.create({ url: freshUrl(), contentType: TEXT, fetch });
    const read = await handle.stream({ live: 'long-poll' });
    const arrived = inbox<string>();
    const polls = inbox<number>();
    read.subscribeText(({ text }) => {
      arrived.add(text);
      polls.add(exchanges.filter(({ status }) => status === 204).length);
    });
    await polls.until((counts) => Math.max(...counts) >= 2);
    await handle.append('at last');
    await arrived.until((texts) => texts.join('') === 'at last');
    const cursors = exchanges.map(({ url }) => url.searchParams.get('cursor')).filter(isText);
    expect(cursors.length).toBeGreaterThan(0);
    expect(new Set(cursors).size).toBe(cursors.length);
    read.cancel();
  });
});

describe('IdempotentProducer', () => {
  const create = (contentType = JSON_TYPE) => DurableStream.create({ url: baseUrl(), contentType });
  const contents = async (handle: DurableStream) =>
    (await handle.stream<number>({ live: false })).json();

  test('sends many appends as few batches, each message once and in order', async () => {
    const handle = await create();
    const { fetch, exchanges } = recordingFetch();
    const producer = new IdempotentProducer(handle, 'batching', { fetch });
    for (const value of range(1_000)) producer.append(JSON.stringify(value));
    await producer.flush();
    expect(exchanges.length).toBeLessThan(20);
    expect(exchanges.every(({ status }) => status === 200)).toBe(true);
    expect(await contents(handle)).toEqual(range(1_000));
    expect(producer.lastSuccessfulOffset).toBe((await existing(handle)).offset);
  });

  test('keeps the order with many batches in flight', async () => {
    const handle = await create();
    const failures: Error[] = [];
    const producer = new IdempotentProducer(handle, 'pipelining', {
      maxBatchBytes: 1,
      maxInFlight: 16,
      onError: (error) => failures.push(error),
    });
    for (const value of range(100)) producer.append(JSON.stringify(value));
    await producer.flush();
    expect(failures).toEqual([]);
    expect(await contents(handle)).toEqual(range(100));
  });

  test('writes text and bytes as they are', async () => {
    const text = await create(TEXT);
    const poet = new IdempotentProducer(text, 'poet');
    for (const word of ['So', ' much', ' depends\n']) poet.append(word);
    await poet.flush();
    expect(await (await text.stream({ live: false })).text()).toBe('So much depends\n');

    const bytes = await create(BYTES);
    const sensor = new IdempotentProducer(bytes, 'sensor', { maxBatchBytes: 64 });
    for (const value of range(256)) sensor.append(Uint8Array.of(value));
    await sensor.flush();
    expect([...(await (await bytes.stream({ live: false })).body())]).toEqual(range(256));
  });

  test('writes once what it had to send twice', async () => {
    const handle = await create();
    const lossy = losingAnswers((call) => call % 3 === 0);
    const producer = new IdempotentProducer(handle, 'retrying', {
      maxBatchBytes: 1,
      fetch: persistent(lossy.fetch),
    });
    for (const value of range(60)) producer.append(JSON.stringify(value));
    await producer.flush();
    expect(lossy.lost()).toBeGreaterThan(10);
    expect(lossy.statuses).toContain(204);
    expect(await contents(handle)).toEqual(range(60));
  });

  test('sent again from the start by the same id and epoch, adds only what is new', async () => {
    const handle = await create();
    const send = async (values: readonly number[]) => {
      const producer = new IdempotentProducer(handle, 'job-7', { epoch: 3 });
      for (const value of values) {
        producer.append(JSON.stringify(value));
        await producer.flush();
      }
    };
    await send(range(4));
    const { offset } = await existing(handle);
    await send(range(4));
    expect((await existing(handle)).offset).toBe(offset);
    await send(range(6));
    expect(await contents(handle)).toEqual(range(6));
  });

  test('a higher epoch takes over, and the old one is fenced', async () => {
    const handle = await create();
    const failures: Error[] = [];
    const old = new IdempotentProducer(handle, 'worker', {
      onError: (error) => failures.push(error),
    });
    old.append('0');
    await old.flush();
    const young = new IdempotentProducer(handle, 'worker', { epoch: 5 });
    young.append('1');
    await young.flush();

    old.append('2');
    await old.flush().catch(() => undefined);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(StaleEpochError);
    expect(failures[0]).toMatchObject({ currentEpoch: 5 });
    expect(await contents(handle)).toEqual([0, 1]);
  });

  test('claims the next epoch by itself when told to', async () => {
    const handle = await create();
    const first = new IdempotentProducer(handle, 'ephemeral', { epoch: 8 });
    first.append('0');
    await first.flush();
    const second = new IdempotentProducer(handle, 'ephemeral', { autoClaim: true });
    for (const value of range(3, 1)) second.append(JSON.stringify(value));
    await second.flush();
    expect(second.epoch).toBe(9);
    expect(await contents(handle)).toEqual(range(4));
  });

  test('starts the next epoch on restart()', async () => {
    const handle = await create();
    const producer = new IdempotentProducer(handle, 'restarted');
    for (const value of range(3)) {
      producer.append(JSON.stringify(value));
      await producer.restart();
    }
    producer.append('3');
    await producer.flush();
    expect(producer.epoch).toBe(3);
    expect(await contents(handle)).toEqual(range(4));
  });

  test('producers with different ids do not disturb each other', async () => {
    const handle = await create();
    await Promise.all(
      range(5).map(async (id) => {
        const producer = new IdempotentProducer(handle, `writer-${id}`, { maxBatchBytes: 16 });
        for (const value of range(40, id * 40)) producer.append(JSON.stringify(value));
        await producer.flush();
      }),
    );
    const written = await contents(handle);
    for (const id of range(5)) {
      expect(written.filter((value) => Math.floor(value / 40) === id)).toEqual(range(40, id * 40));
    }
    expect(written).toHaveLength(200);
  });

  test('closes with a last message, once, although the answer was lost', async () => {
    const handle = await create();
    const lossy = losingAnswers((call) => call === 2);
    const producer = new IdempotentProducer(handle, 'closing', { fetch: lossy.fetch });
    producer.append('1');
    await producer.flush();
    await expect(producer.close('2')).rejects.toThrow('answer lost');
    const { finalOffset } = await producer.close('2');
    expect(await existing(handle)).toMatchObject({ streamClosed: true, offset: finalOffset });
    expect(await contents(handle)).toEqual([1, 2]);
  });
});

describe('when the server restarts on the same port and folder', () => {
  test.each<{ live: LiveMode }>([{ live: 'long-poll' }, { live: 'sse' }])(
    'a $live reader goes on where it was',
    async ({ live }) => {
      const millrace = await restartableMillrace();
      const url = `${millrace.url}/v1/stream/restarts`;
      const handle = await DurableStream.create({ url, contentType: JSON_TYPE });
      await handle.append('0');
      const read = await stream<number>({ url, live });
      const arrived = inbox<number>();
      read.subscribeJson(({ items }) => {
        arrived.add(...items);
      });
      await arrived.until(({ length }) => length === 1);

      await millrace.stop();
      await millrace.start();
      await handle.append('1');
      await arrived.until(({ length }) => length === 2);
      await handle.close({ body: '2' });
      await Promise.all([arrived.until(({ length }) => length === 3), read.closed]);
      expect(arrived.items).toEqual([0, 1, 2]);
    },
  );

  test('what was written, closed and deleted before stays so', async () => {
    const millrace = await restartableMillrace();
    const create = (name: string) =>
      DurableStream.create({
        url: `${millrace.url}/v1/stream/${name}`,
        contentType: JSON_TYPE,
        fetch: persistent(),
      });
    const [open, closed, deleted] = await Promise.all(['open', 'closed', 'deleted'].map(create));
    if (!open || !closed || !deleted) throw new Error('three streams');
    await open.append('"before"');
    await closed.close({ body: '"end"' });
    await deleted.delete();
    const heads = await Promise.all([open.head(), closed.head(), deleted.head()]);

    await millrace.stop();
    await millrace.start();
    expect(await Promise.all([open.head(), closed.head(), deleted.head()])).toEqual(heads);
    await open.append('"after"');
    expect(await (await open.stream({ live: false })).json()).toEqual(['before', 'after']);
    expect(await (await closed.stream({ live: false })).json()).toEqual(['end']);
  });

  test('offsets from before still stand for the same places', async () => {
    const millrace = await restartableMillrace();
    const handle = await DurableStream.create({
      url: `${millrace.url}/v1/stream/offsets`,
      contentType: JSON_TYPE,
      fetch: persistent(),
    });
    const offsets = [(await existing(handle)).offset];
    for (const value of range(6)) {
      await handle.append(JSON.stringify(value));
      offsets.push((await existing(handle)).offset);
    }
    for (const appended of range(2, 6)) {
      await millrace.stop();
      await millrace.start();
      for (const [seen, offset] of offsets.entries()) {
        const rest = await handle.stream({ offset: offset ?? 'none', live: false });
        expect(await rest.json()).toEqual(range(offsets.length - 1 - seen, seen));
      }
      await handle.append(JSON.stringify(appended));
      offsets.push((await existing(handle)).offset);
    }
  });

  test('a producer goes on without gaps or doubles', async () => {
    const millrace = await restartableMillrace();
    const handle = await DurableStream.create({
      url: `${millrace.url}/v1/stream/produced`,
      contentType: JSON_TYPE,
    });
    const producer = new IdempotentProducer(handle, 'steady', {
      maxBatchBytes: 8,
      fetch: persistent(),
    });
    for (const value of range(50)) producer.append(JSON.stringify(value));
    await producer.flush();

    await millrace.stop();
    for (const value of range(50, 50)) producer.append(JSON.stringify(value));
    const flushed = producer.flush();
    await millrace.start();
    await flushed;
    expect(producer.epoch).toBe(0);
    expect(await (await handle.stream({ live: false })).json()).toEqual(range(100));
  });

  test('killed, it has every append once, also those whose answers it did not get to send', async () => {
    const millrace = await killableMillrace();
    const url = `${millrace.url}/v1/stream/killed`;
    const handle = await DurableStream.create({ url, contentType: JSON_TYPE, fetch: persistent() });
    const read = await stream<number>({ url, live: 'long-poll' });
    const arrived = inbox<number>();
    read.subscribeJson(({ items }) => {
      arrived.add(...items);
    });
    const answers = answersUntil(20);
    const producer = new IdempotentProducer(handle, 'survivor', {
      maxBatchBytes: 1,
      fetch: persistent(answers.fetch),
    });
    for (const value of range(60)) producer.append(JSON.stringify(value));
    const flushed = producer.flush();
    await answers.withheld;
    await millrace.killAndRestart();
    answers.lose();
    await flushed;
    await arrived.until(({ length }) => length >= 60);
    read.cancel();
    expect(await (await handle.stream({ live: false })).json()).toEqual(range(60));
    expect(arrived.items).toEqual(range(60));
  });
});

type Existing = Extract<HeadResult, { exists: true }>;

async function existing(handle: DurableStream): Promise<Existing> {
  const head = await handle.head();
  if (!head.exists) throw new Error(`no stream at ${handle.url}`);
  return head;
}

/** The error by which the server refused; fails the test if it did not. */
async function refusal(attempt: Promise<unknown>): Promise<FetchError> {
  const outcome: unknown = await attempt.catch((reason: unknown) => reason);
  if (!(outcome instanceof FetchError)) throw new Error('the server did not refuse');
  return outcome;
}

/** Offsets sort as text. */
function after(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) throw new Error('an offset is missing');
  return one > other;
}

function isText(value: string | null): value is string {
  return value !== null;
}

// eslint-disable-next-line @typescript-eslint/require-await -- it stands for a source that waits
async function* lines(count: number): AsyncGenerator<string> {
  for (const line of range(count)) yield `line ${line}\n`;
}

/** A fetch whose chosen calls reach the server, while their answers do not come back. */
function losingAnswers(loses: (call: number) => boolean) {
  const statuses: number[] = [];
  let calls = 0;
  let lost = 0;
  const lossyFetch: typeof fetch = async (input, init) => {
    const call = ++calls;
    const response = await fetch(input, init);
    statuses.push(response.status);
    if (!loses(call)) return response;
    lost++;
    throw new TypeError('answer lost');
  };
  return { fetch: lossyFetch, statuses, lost: () => lost };
}

/** A fetch that withholds what the server answers from some call on, until those answers are lost. */
function answersUntil(lastAnswered: number) {
  let calls = 0;
  let isLost = false;
  let withhold: () => void = () => undefined;
  let lose: () => void = () => undefined;
  const withheld = new Promise<void>((resolve) => {
    withhold = resolve;
  });
  const lost = new Promise<void>((resolve) => {
    lose = resolve;
  });
  const withholding: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (++calls <= lastAnswered || isLost) return response;
    withhold();
    await lost;
    throw new TypeError('answer lost');
  };
  return {
    fetch: withholding,
    withheld,
    lose: () => {
      isLost = true;
      lose();
    },
  };
}
