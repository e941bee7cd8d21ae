import { describe, expect, it } from 'vitest';
import { parseDefinition, type Definition } from '../../src/triggers/definition.ts';
import type { Misfit } from '../../src/triggers/field-reader.ts';
import { shape } from '../../src/triggers/shape.ts';
import { subject } from '../support/managed.ts';

/** The contract page's example. */
const EXAMPLE = {
  name: 'my-stream-trigger',
  collection: 'my-collection',
  description: 'Stream data processing trigger',
  trigger_type: 'stream',
  source: { subject: 'ms.data.source', type: 'stream', response_type: 'Stream' },
  target: { subject: 'ms.data.target', account: 'account_identifier', type: 'stream' },
};

function definition(given: unknown): Definition {
  const parsed = parseDefinition(given);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.misfit));
  return parsed.definition;
}

function misfit(given: unknown): Misfit | undefined {
  const parsed = parseDefinition(given);
  return parsed.ok ? undefined : parsed.misfit;
}

function withMember(place: string, value: unknown): unknown {
  const [outer = '', inner] = place.split('.');
  if (inner === undefined) return { ...EXAMPLE, [outer]: value };
  const members = outer === 'source' ? EXAMPLE.source : outer === 'target' ? EXAMPLE.target : {};
  return { ...EXAMPLE, [outer]: { ...members, [inner]: value } };
}

function without(name: string, object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}

describe("a trigger's definition", () => {
  it("is the page's example, as it was given", () => {
    const { trigger, from, to, start } = definition(EXAMPLE);
    expect({ ...trigger, trigger_type: 'stream' }).toEqual(EXAMPLE);
    expect(JSON.stringify(trigger)).toBe(JSON.stringify(without('trigger_type', EXAMPLE)));
    expect([from.pattern, to.pattern, start]).toEqual([
      'ms.data.source',
      'ms.data.target',
      { kind: 'new' },
    ]);
  });

  it('keeps all that the page lets it have', () => {
    const source = {
      ...EXAMPLE.source,
      name: 'orders',
      description: 'all of them',
      info_url: 'https://example.com/orders',
      advertise: true,
      allow_trace: false,
    };
    const target = {
      ...EXAMPLE.target,
      local_subject: 'local.orders',
      name: 'copies',
      share: true,
      allow_trace: true,
    };
    const { trigger, to } = definition({ ...EXAMPLE, source, target });
    expect([trigger.source, trigger.target]).toEqual([source, target]);
    expect(to.pattern).toBe('local.orders');
  });

  it.each([
    ['name', EXAMPLE],
    ['trigger_type', EXAMPLE],
    ['source', EXAMPLE],
    ['target', EXAMPLE],
  ])('needs %s', (field, given) => {
    expect(misfit(without(field, given))).toEqual({ kind: 'missing', field });
  });

  it.each([
    ['source.subject', { ...EXAMPLE, source: {} }],
    ['target.subject', { ...EXAMPLE, target: {} }],
  ])('needs %s', (field, given) => {
    expect(misfit(given)).toEqual({ kind: 'missing', field });
  });

  it.each([null, 1, 'text', []])('is not %j', (given) => {
    expect(misfit(given)).toMatchObject({ kind: 'wrong', field: '' });
  });

  it.each([
    ['name', 'a.b'],
    ['name', 7],
    ['name', null],
    ['trigger_type', 'gateway'],
    ['collection', 7],
    ['description', 'x'.repeat(4097)],
    ['description', 'half a pair \ud800'],
    ['source', []],
    ['source.subject', 'a..b'],
    ['source.subject', ''],
    ['source.subject', 5],
    ['source.subject', '$DS.only'],
    ['source.type', 'queue'],
    ['source.response_type', 'stream'],
    ['source.info_url', 'ftp://example.com'],
    ['source.advertise', 'yes'],
    ['source.chunk_size', 10],
    ['source.chunk_wait_ms', 10],
    ['source.unknown', 1],
    ['target.subject', 'a.*'],
    ['target.subject', 'a.$1'],
    ['target.subject', '$DS.bucket.>'],
    ['target.subject', 'ms.trigger.stream.forged'],
    ['target.subject', 'ms.trigger.>'],
    ['target.account', {}],
    ['target.account', 'a\0b'],
    ['target.local_subject', 'a b'],
    ['target.share', 0],
    ['start', 0],
    ['start', 1.5],
    ['start', 'yesterday'],
    ['start', '2030-02-30T00:00:00Z'],
    ['filter', {}],
    ['filter', { path: 'no pointer', eq: 1 }],
    ['transform', 'x'],
    ['transform.subject', 'elsewhere'],
    ['transform.body', { $get: 'no pointer' }],
    ['transform.other', 1],
    ['target.reply_subject', 'replies'],
    ['on_error', 'ignore'],
    ['max_attempts', 3],
    ['fliter', {}],
  ])('says that %s is wrong as %j', (place, value) => {
    const found = misfit(withMember(place, value));
    expect(found).toMatchObject({ kind: 'wrong' });
    expect(found?.field.startsWith(place)).toBe(true);
  });

  it('begins a durable stream at its beginning or its end only', () => {
    const source = { subject: '$DS.chat.room' };
    expect(misfit({ ...EXAMPLE, source, start: 3 })).toMatchObject({ field: 'start' });
    expect(definition({ ...EXAMPLE, source, start: 'all' }).start).toEqual({ kind: 'all' });
  });

  it.each([
    [12, { kind: 'sequence', sequence: 12 }],
    ['2030-01-31T12:00:00Z', { kind: 'time', atMs: Date.UTC(2030, 0, 31, 12) }],
  ])('may begin at %j', (given, start) => {
    const { trigger, ...rest } = definition({ ...EXAMPLE, start: given });
    expect([trigger.start, rest.start]).toEqual([given, start]);
  });

  it('filters, maps and projects what it carries', () => {
    const { shaping, to } = definition({
      ...EXAMPLE,
      source: { subject: 'orders.*.*' },
      target: { subject: 'regions.>' },
      filter: { path: '/amount', gte: 10 },
      transform: { subject: 'regions.$2.$1', body: { total: { $get: '/body/amount' } } },
    });
    expect(to.pattern).toBe('regions.*.*');
    const record = {
      subject: subject('orders.new.eu'),
      seq: 1,
      created: '',
      stream: 'ORDERS',
      body: Buffer.from('{"amount":12}'),
    };
    expect(shape(shaping, record)).toEqual({
      kind: 'message',
      subject: 'regions.eu.new',
      body: Buffer.from('{"total":12}'),
    });
    expect(shape(shaping, { ...record, body: Buffer.from('{"amount":9}') }).kind).toBe('filtered');
  });

  describe('with services', () => {
    const source = { subject: 'prices.current', type: 'service' };
    const target = { subject: 'billing.charge', type: 'service' };

    it('names them by their subjects', () => {
      const { from, to, replyTo, response } = definition({ ...EXAMPLE, source, target });
      expect([from, to, replyTo, response]).toEqual([
        { kind: 'service', pattern: 'prices.current' },
        { kind: 'service', pattern: 'billing.charge' },
        undefined,
        { kind: 'singleton' },
      ]);
    });

    it('may keep what they answer', () => {
      const replying = { ...target, reply_subject: '$DS.demo.replies' };
      const { replyTo } = definition({ ...EXAMPLE, target: replying });
      expect(replyTo).toMatchObject({ kind: 'durable', bucket: 'demo', stream: 'replies' });
    });

    it.each([
      ['source.subject', { source: { ...source, subject: 'prices.*' } }],
      ['source.subject', { source: { ...source, subject: '$DS.demo.prices' } }],
      ['target.subject', { target: { ...target, subject: '$DS.demo.prices' } }],
      ['target.reply_subject', { target: { ...target, reply_subject: 'replies.*' } }],
      ['target.reply_subject', { target: { ...target, reply_subject: 'ms.trigger.stream.a' } }],
      ['source.chunk_size', { source: { ...source, response_type: 'Chunked', chunk_size: 5 } }],
      ['start', { source, start: 'all' }],
      ['filter', { source, target, filter: { subject: '>' } }],
      ['transform', { source, target, transform: { body: 1 } }],
    ])('says that %s is wrong in %j', (field, given) => {
      expect(misfit({ ...EXAMPLE, ...given })).toMatchObject({ kind: 'wrong', field });
    });
  });

  it('carries pages to one place only', () => {
    const paged = { subject: 'orders.*', response_type: 'Chunked', chunk_size: 7 };
    const given = { ...EXAMPLE, source: paged, target: { subject: 'pages' } };
    expect(definition(given).response).toEqual({
      kind: 'chunked',
      chunkSize: 7,
      chunkWaitMs: 1000,
    });
    const spread = { ...given, target: { subject: 'pages.$1' } };
    expect(misfit(spread)).toMatchObject({ field: 'target.subject' });
  });

  it.each([
    [{}, { kind: 'block' }],
    [{ on_error: 'skip' }, { kind: 'skip', attemptsMax: 5 }],
    [
      { on_error: 'dead_letter', max_attempts: 1 },
      { kind: 'dead_letter', attemptsMax: 1 },
    ],
  ])('says what becomes of records that are not taken: %j', (given, onError) => {
    expect(definition({ ...EXAMPLE, ...given }).onError).toEqual(onError);
  });

  it('reads what it has written', () => {
    const { trigger } = definition({ ...EXAMPLE, start: 4, filter: { subject: '>' } });
    const again = definition({ ...trigger, trigger_type: 'stream' });
    expect(again.trigger).toEqual(trigger);
  });
});
