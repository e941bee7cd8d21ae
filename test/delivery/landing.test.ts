import { beforeEach, describe, expect, it } from 'vitest';
import { landingAt, type Landing } from '../../src/delivery/landing.ts';
import { must } from '../../src/lib/assert.ts';
import { ManagedService } from '../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import { isContentType } from '../../src/protocol/content-type.ts';
import { parseOffset, START, type Position } from '../../src/protocol/offset.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { streamRef } from '../../src/streams/names.ts';
import { StreamService } from '../../src/streams/stream-service.ts';
import { parseAddress } from '../../src/triggers/address.ts';
import { pattern, streamName } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { LIMITS, PLAIN } from '../support/stream-requests.ts';

const clock = { nowMs: () => NOW_MS };
const REF = streamRef('acme', { kind: 'base', stream: 'in' });

let engine: MemoryEngine;
let managed: ManagedService;
let streams: StreamService;

beforeEach(() => {
  engine = new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
  const trims = new SubjectTrims(engine.messages, engine);
  managed = new ManagedService(engine.messages, clock, { replicasMax: 1 }, trims);
  streams = new StreamService(engine, clock, LIMITS);
});

function landing(subject: string): Landing {
  const carrying = { store: engine, clock, limits: LIMITS, quota: undefined };
  const parts = { messages: engine.messages, managed, carrying };
  return landingAt(parts, 'acme', must(parseAddress(subject), 'an address'));
}

async function create(type: string, closes = false): Promise<void> {
  if (!isContentType(type)) throw new Error(`no content type: ${type}`);
  const request = { ...PLAIN, contentType: type, closes };
  expect(await streams.create(REF, request, Buffer.alloc(0))).toMatchObject({ kind: 'created' });
}

function positionOf(offset: string): Position {
  const parsed = parseOffset(offset);
  return parsed?.kind === 'at' ? parsed.position : START;
}

describe('a record that comes from outside', () => {
  it('is a message of the stream that captures its subject', async () => {
    await managed.put('acme', streamName('orders'), { subjects: [pattern('orders.>')] });
    await managed.put('acme', streamName('others'), { subjects: [pattern('others.>')] });
    await managed.put('other', streamName('theirs'), { subjects: [pattern('orders.>')] });
    const orders = landing('orders.new');
    expect(await orders.put(Buffer.from('1'))).toEqual({
      kind: 'message',
      stream: 'orders',
      seq: 1,
    });
    expect(await orders.put(Buffer.from('2'))).toMatchObject({ seq: 2 });
  });

  it('has nowhere to go while nothing captures its subject', async () => {
    await managed.put('other', streamName('theirs'), { subjects: [pattern('orders.>')] });
    const orders = landing('orders.new');
    expect(await orders.put(Buffer.from('1'))).toEqual({ kind: 'nowhere' });
    await managed.put('acme', streamName('orders'), { subjects: [pattern('orders.>')] });
    expect(await orders.put(Buffer.from('1'))).toMatchObject({ kind: 'message' });
    await managed.remove('acme', streamName('orders'));
    expect(await orders.put(Buffer.from('1'))).toEqual({ kind: 'nowhere' });
  });

  it('is declined by a stream that is full', async () => {
    const full = { subjects: [pattern('all')], messagesMax: 1, discard: 'new' as const };
    await managed.put('acme', streamName('all'), full);
    expect(await landing('all').put(Buffer.from('1'))).toMatchObject({ kind: 'message' });
    expect(await landing('all').put(Buffer.from('1'))).toMatchObject({
      kind: 'declined',
      refusal: { code: 'limit-reached' },
    });
  });

  it.each(['application/json', 'text/plain'])(
    'is an append to a durable stream of %s, and is read from its place on',
    async (type) => {
      await create(type);
      const into = landing('$DS._.in');
      await into.put(Buffer.from('{"first":1}'));
      const landed = await into.put(Buffer.from('{"second":2}'));
      if (landed.kind !== 'appended') throw new Error(landed.kind);
      expect(landed.stream).toBe('$DS._.in');
      const read = engine.read(REF.name, positionOf(landed.offset), 1 << 20);
      if (read.kind !== 'page') throw new Error(read.kind);
      expect(Buffer.concat(read.page.pieces).toString()).toMatch(/^\{"second":2\},?$/);
    },
  );

  it('has nowhere to go where there is no durable stream, and is refused by a closed one', async () => {
    expect(await landing('$DS._.in').put(Buffer.from('1'))).toEqual({ kind: 'nowhere' });
    expect(await landing('$DS.none.in').put(Buffer.from('1'))).toEqual({ kind: 'nowhere' });
    await create('application/json', true);
    expect(await landing('$DS._.in').put(Buffer.from('1'))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'stream-closed' },
    });
  });
});
