import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DurableStream } from '@durable-streams/client';
import { EventSource } from 'eventsource';
import { startMillrace } from '../support/millrace.ts';
import { inbox, persistent, range, recordingFetch, restartableMillrace } from './support.ts';

let server: Awaited<ReturnType<typeof startMillrace>>;
beforeAll(async () => {
  server = await startMillrace();
});
afterAll(() => server.close());

let streams = 0;
const create = (contentType: string) =>
  DurableStream.create({ url: `${server.url}/v1/stream/events/${streams++}`, contentType });

interface Control {
  readonly streamNextOffset: string;
  readonly streamCursor?: string;
  readonly upToDate?: boolean;
  readonly streamClosed?: boolean;
}
type Received = { event: 'data'; data: string } | { event: 'control'; control: Control };

describe('EventSource on ?live=sse', () => {
  test('gets JSON in data events, each followed by a control event', async () => {
    const handle = await create('application/json');
    await Promise.all(range(3).map((n) => handle.append(JSON.stringify({ n }))));
    const { received } = listen(handle.url);
    await received.until((events) => controls(events).some(({ upToDate }) => upToDate === true));
    expect(values(received.items)).toEqual(range(3).map((n) => ({ n })));

    await handle.append('{"n":"live\\n"}');
    await received.until((events) => values(events).length === 4);
    await received.until((events) => events.at(-1)?.event === 'control');
    expect(values(received.items).at(-1)).toEqual({ n: 'live\n' });

    for (const [index, { event }] of received.items.entries()) {
      if (event === 'data') expect(received.items[index + 1]?.event).toBe('control');
    }
    const head = await handle.head();
    expect(controls(received.items).at(-1)).toMatchObject({
      streamNextOffset: head.exists ? head.offset : undefined,
      upToDate: true,
    });
    for (const { streamCursor } of controls(received.items)) expect(streamCursor).toMatch(/^\d+$/);
  });

  test('is told at once that an empty stream is up to date', async () => {
    const handle = await create('text/plain');
    const head = await handle.head();
    const { received } = listen(handle.url);
    const [first] = await received.until(({ length }) => length > 0);
    expect(first).toMatchObject({
      event: 'control',
      control: { streamNextOffset: head.exists ? head.offset : undefined, upToDate: true },
    });
  });

  test('gets text with its spaces and lines, and cannot be fooled by it', async () => {
    const handle = await create('text/plain');
    const text = ' two\n  lines\n\nevent: control\ndata: {"streamClosed":true}\n\n: end ';
    await handle.append(text);
    const { received } = listen(handle.url);
    await received.until((events) => controls(events).some(({ upToDate }) => upToDate === true));
    expect(payload(received.items)).toBe(text);
    expect(controls(received.items).some(({ streamClosed }) => streamClosed === true)).toBe(false);
  });

  test('gets bytes as base64, which a response header says', async () => {
    const handle = await create('application/octet-stream');
    await handle.append(Uint8Array.from(range(256)));
    const { received, exchanges } = listen(handle.url);
    await received.until((events) => controls(events).some(({ upToDate }) => upToDate === true));
    const base64 = payload(received.items).replaceAll('\n', '');
    expect([...Buffer.from(base64, 'base64')]).toEqual(range(256));
    expect(exchanges[0]?.headers.get('stream-sse-data-encoding')).toBe('base64');
  });

  test('starts where it is told to, and with `now` at the tail', async () => {
    const handle = await create('application/json');
    await handle.append('"old"');
    const head = await handle.head();
    await handle.append('"new"');
    const fromOffset = listen(handle.url, head.exists ? head.offset : undefined);
    const fromNow = listen(handle.url, 'now');
    await fromNow.received.until((events) => controls(events).length > 0);
    await handle.append('"newest"');
    await fromOffset.received.until((events) => values(events).length === 2);
    await fromNow.received.until((events) => values(events).length === 1);
    expect(values(fromOffset.received.items)).toEqual(['new', 'newest']);
    expect(values(fromNow.received.items)).toEqual(['newest']);
  });

  test('gets the last data before it hears of the end, and then stays away', async () => {
    const handle = await create('application/json');
    const { received, source, exchanges } = listen(handle.url);
    await received.until(({ length }) => length > 0);
    const gone = inbox<number>();
    source.addEventListener('error', () => {
      gone.add(source.readyState);
    });
    const { finalOffset } = await handle.close({ body: '"the end"' });
    await gone.until((states) => states.at(-1) === EventSource.CLOSED);
    expect(values(received.items)).toEqual(['the end']);
    expect(received.items.at(-1)).toMatchObject({
      event: 'control',
      control: { streamNextOffset: finalOffset, streamClosed: true, upToDate: true },
    });
    expect(exchanges.map(({ status }) => status)).toEqual([200, 204]);
  });

  test('is refused a stream that is not there, and does not come back', async () => {
    const source = new EventSource(`${server.url}/v1/stream/nowhere?offset=-1&live=sse`);
    const code = await new Promise((resolve) => {
      source.addEventListener('error', (error) => {
        resolve(error.code);
      });
    });
    expect(code).toBe(404);
    expect(source.readyState).toBe(EventSource.CLOSED);
  });

  test('reconnects by itself after a restart, and goes on where it was', async () => {
    const millrace = await restartableMillrace();
    const handle = await DurableStream.create({
      url: `${millrace.url}/v1/stream/restarts`,
      contentType: 'application/json',
      fetch: persistent(),
    });
    await handle.append('0');
    const { received, source } = listen(handle.url);
    await received.until((events) => controls(events).length > 0);
    const cut = new Promise((resolve) => {
      source.addEventListener('error', resolve, { once: true });
    });
    await millrace.stop();
    await cut;
    expect(source.readyState).toBe(EventSource.CONNECTING);

    await millrace.start();
    await handle.append('1');
    await received.until((events) => values(events).includes(1));
    await handle.append('2');
    await received.until((events) => values(events).includes(2));
    expect(values(received.items)).toEqual([0, 1, 2]);
  });

  test('resumed by hand at a control event, gets what follows it', async () => {
    const handle = await create('application/json');
    for (const value of range(3)) await handle.append(JSON.stringify(value));
    const { received } = listen(handle.url);
    await received.until((events) => values(events).length === 3);
    await received.until((events) => events.at(-1)?.event === 'control');
    const seen = controls(received.items).at(-1)?.streamNextOffset;
    await handle.append('3');
    const resumed = listen(handle.url, seen);
    await resumed.received.until((events) => values(events).length > 0);
    expect(values(resumed.received.items)).toEqual([3]);
  });
});

/** Everything an EventSource receives until the test ends. */
function listen(url: string, offset = '-1') {
  const received = inbox<Received>();
  const { fetch, exchanges } = recordingFetch();
  const source = new EventSource(`${url}?offset=${offset}&live=sse`, { fetch });
  source.addEventListener('data', ({ data }) => {
    received.add({ event: 'data', data: string(data) });
  });
  source.addEventListener('control', ({ data }) => {
    received.add({ event: 'control', control: parseControl(string(data)) });
  });
  onTestFinished(() => {
    source.close();
  });
  return { received, source, exchanges };
}

function controls(events: readonly Received[]): Control[] {
  return events.flatMap((event) => (event.event === 'control' ? [event.control] : []));
}

function payload(events: readonly Received[]): string {
  return events.flatMap((event) => (event.event === 'data' ? [event.data] : [])).join('');
}

/** The JSON messages of all data events: each event is an array of messages. */
function values(events: readonly Received[]): unknown[] {
  return events.flatMap((event) => {
    if (event.event === 'control') return [];
    const messages: unknown = JSON.parse(event.data);
    if (!Array.isArray(messages)) throw new Error(`not an array: ${event.data}`);
    return Array.from<unknown>(messages);
  });
}

function parseControl(data: string): Control {
  const control: unknown = JSON.parse(data);
  if (!isControl(control)) throw new Error(`not a control event: ${data}`);
  return control;
}

function isControl(value: unknown): value is Control {
  return (
    typeof value === 'object' &&
    value !== null &&
    'streamNextOffset' in value &&
    typeof value.streamNextOffset === 'string'
  );
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`not text: ${String(value)}`);
  return value;
}
