import { beforeEach, describe, expect, it } from 'vitest';
import { isContentType } from '../../src/protocol/content-type.ts';
import { position, START } from '../../src/protocol/offset.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { createDocument, textOf, writeDocument } from '../../src/storage/documents.ts';
import { streamRef } from '../../src/streams/names.ts';
import { StreamService } from '../../src/streams/stream-service.ts';
import { DurableTarget } from '../../src/delivery/durable-target.ts';
import { newMessage } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { LIMITS, PLAIN } from '../support/stream-requests.ts';

const REF = streamRef('acme', { kind: 'base', stream: 'target' });
const CURSOR = 'pcursor';
const clock = { nowMs: () => NOW_MS };

let engine: MemoryEngine;
let streams: StreamService;
let target: DurableTarget;

beforeEach(async () => {
  engine = new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
  streams = new StreamService(engine, clock, LIMITS);
  target = new DurableTarget({ store: engine, clock, limits: LIMITS, quota: undefined }, REF);
  await engine.commit([createDocument(CURSOR, 'begun')]);
});

async function create(type: string, closes = false): Promise<void> {
  if (!isContentType(type)) throw new Error(`no content type: ${type}`);
  const request = { ...PLAIN, contentType: type, closes };
  expect(await streams.create(REF, request, Buffer.alloc(0))).toMatchObject({ kind: 'created' });
}

function move(to: string): ReturnType<typeof writeDocument> {
  return writeDocument(CURSOR, engine.latest(CURSOR), to);
}

function deliver(to: string, ...bodies: string[]): ReturnType<DurableTarget['deliver']> {
  return target.deliver(
    bodies.map((body) => newMessage('orders.a', body)),
    [move(to)],
  );
}

function stored(): string {
  const read = engine.read(REF.name, START, 1 << 20);
  if (read.kind !== 'page') throw new Error(`nothing to read: ${read.kind}`);
  return Buffer.concat(read.page.pieces).toString();
}

describe('a durable stream as a target', () => {
  it('takes records as messages, and the cursor with them', async () => {
    await create('application/json');
    expect(await deliver('at 2', '{"a":1}', '[2]')).toEqual({ kind: 'delivered' });
    expect(stored()).toBe('{"a":1},[2],');
    expect(textOf(engine.latest(CURSOR))).toBe('at 2');
  });

  it.each(['text/plain', 'application/octet-stream'])(
    'takes them as what they say where it is %s',
    async (type) => {
      await create(type);
      await deliver('at 3', '"a \\"text\\""', '{"n":1}', '""');
      expect(stored()).toBe('a "text"{"n":1}""');
    },
  );

  it.each([
    ['is not there', undefined, 'target-missing'],
    ['is closed', () => create('application/json', true), 'target-closed'],
  ] as const)('is waited for where it %s, and the cursor stays', async (_how, make, reason) => {
    await make?.();
    expect(await deliver('at 1', '1')).toEqual({ kind: 'waiting', reason });
    expect(textOf(engine.latest(CURSOR))).toBe('begun');
  });

  it('takes nothing when the cursor has been moved by somebody else', async () => {
    await create('application/json');
    const late = move('late');
    await engine.commit([move('first')]);
    expect(await target.deliver([newMessage('orders.a', '1')], [late])).toEqual({ kind: 'moved' });
    expect(stored()).toBe('');
    expect(engine.latest(REF.name)?.tail).toBe(position(0));
  });

  it('takes what comes while others append', async () => {
    await create('application/json');
    const request = { ...PLAIN, contentType: PLAIN.contentType };
    const delivering = deliver('at 1', '"delivered"');
    await Promise.all([streams.append(REF, request, Buffer.from('"appended"')), delivering]);
    expect(await delivering).toEqual({ kind: 'delivered' });
    expect(stored()).toContain('"delivered",');
  });
});
