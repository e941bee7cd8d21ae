import { beforeEach, describe, expect, it } from 'vitest';
import { isContentType } from '../../src/protocol/content-type.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { streamRef } from '../../src/streams/names.ts';
import { StreamService } from '../../src/streams/stream-service.ts';
import { DurableSource } from '../../src/delivery/durable-source.ts';
import type { SourceRecord } from '../../src/delivery/source.ts';
import { subject } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { LIMITS, PLAIN } from '../support/stream-requests.ts';

const REF = streamRef('acme', { kind: 'base', stream: 'source' });
const clock = { nowMs: () => NOW_MS };

let streams: StreamService;
let source: DurableSource;

beforeEach(() => {
  const engine = new MemoryEngine({ bytesMax: 1 << 24, life: 'test' });
  streams = new StreamService(engine, clock, LIMITS);
  source = new DurableSource(engine, clock, REF.name, subject('$DS._.source'));
});

async function create(type: string, ...appends: readonly (string | Buffer)[]): Promise<void> {
  if (!isContentType(type)) throw new Error(`no content type: ${type}`);
  const request = { ...PLAIN, contentType: type };
  expect(await streams.create(REF, request, Buffer.alloc(0))).toMatchObject({ kind: 'created' });
  for (const append of appends) {
    const outcome = await streams.append(REF, request, Buffer.from(append));
    expect(outcome).toMatchObject({ kind: 'appended' });
  }
}

/** Everything from a place on, read by read. */
async function readFrom(place: number): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for (let from = place; ;) {
    const head = await source.head();
    if (head === undefined) throw new Error('there is no stream');
    if (from >= head.tail) return records;
    const read = await source.read(head, from);
    if (read.kind !== 'read') throw new Error(`not read: ${read.kind}`);
    records.push(...read.records);
    from = read.next;
  }
}

async function bodies(place = 0): Promise<string[]> {
  return (await readFrom(place)).map(({ body }) => body.toString());
}

describe('a durable stream as a source', () => {
  it('has a record for each message', async () => {
    await create('application/json', '[{"a":[1,"]"]}, "two"]', '3');
    expect(await bodies()).toEqual(['{"a":[1,"]"]}', '"two"', '3']);
  });

  it('goes on behind each of them', async () => {
    await create('application/json', '[1,22,"three"]', '{}');
    const all = await readFrom(0);
    for (const [index, { next }] of all.entries()) {
      expect(await bodies(next)).toEqual(all.slice(index + 1).map(({ body }) => body.toString()));
    }
  });

  it('has a record for each append where it is text, and says it as a JSON string', async () => {
    await create('text/plain', 'one "line"\n', 'zwei ä');
    expect(await bodies()).toEqual(['"one \\"line\\"\\n"', '"zwei ä"']);
  });

  it('says other bytes in base64', async () => {
    await create('application/octet-stream', Buffer.of(0xff, 0), Buffer.of(1));
    expect(await bodies()).toEqual(['"/wA="', '"AQ=="']);
  });

  it('is read to its end however much there is', async () => {
    await create('text/plain', ...Array.from({ length: 600 }, (_, index) => `${index};`));
    expect(await bodies()).toHaveLength(600);
  });

  it('begins with what it has inherited', async () => {
    await create('application/json', '[1,2]');
    const fork = streamRef('acme', { kind: 'base', stream: 'fork' });
    const sourcePath = '/v1/stream/source';
    const request = { ...PLAIN, fork: { sourcePath, at: undefined, sub: 0 } };
    expect(await streams.create(fork, request, Buffer.alloc(0))).toMatchObject({ kind: 'created' });
    const head = await source.head();
    expect(head?.first).toBe(0);
  });

  it('is not there once it is deleted', async () => {
    await create('application/json', '1');
    const head = await source.head();
    await streams.remove(REF, undefined);
    expect(await source.head()).toBeUndefined();
    expect(head && (await source.read(head, 0))).toEqual({ kind: 'absent' });
  });
});
