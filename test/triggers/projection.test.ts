import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseProjection,
  project,
  PROJECTION_BYTES_MAX,
  PROJECTION_DEPTH_MAX,
  PROJECTION_NODES_MAX,
  type ProjectedRecord,
} from '../../src/triggers/projection.ts';

const RECORD: ProjectedRecord = {
  subject: 'orders.eu',
  seq: 7,
  created: '2024-01-02T03:04:05Z',
  stream: 'ORDERS',
  body: { id: 'o-1', lines: [{ sku: 'a' }, { sku: 'b' }], note: null, paid: false },
};

function made(template: unknown, record: ProjectedRecord = RECORD): unknown {
  const parsed = parseProjection(template);
  if (!parsed.ok) throw new Error(`${parsed.complaint.field} ${parsed.complaint.reason}`);
  return project(parsed.projection, record);
}

function complaintOf(template: unknown, field?: string): string | undefined {
  const parsed = parseProjection(template, field);
  return parsed.ok ? undefined : `${parsed.complaint.field}: ${parsed.complaint.reason}`;
}

function nested(depth: number): unknown {
  return depth === 1 ? 1 : [nested(depth - 1)];
}

describe('a projection', () => {
  it.each([
    [
      { id: { $get: '/body/id' }, from: { $get: '/subject' } },
      { id: 'o-1', from: 'orders.eu' },
    ],
    [{ $get: '' }, RECORD],
    [{ $get: '/body' }, RECORD.body],
    [
      [{ $get: '/seq' }, { $get: '/created' }, { $get: '/stream' }],
      [7, '2024-01-02T03:04:05Z', 'ORDERS'],
    ],
    [{ first: { $get: '/body/lines/0/sku' } }, { first: 'a' }],
    [
      { lines: { all: { $get: '/body/lines' } }, kind: 'order', n: 1.5, empty: [{}, [], null] },
      {
        lines: { all: [{ sku: 'a' }, { sku: 'b' }] },
        kind: 'order',
        n: 1.5,
        empty: [{}, [], null],
      },
    ],
    ['$get', '$get'],
    [null, null],
  ])('of %j makes %j', (template, body) => {
    expect(made(template)).toStrictEqual(body);
  });

  it('leaves out a member that is not there, and has null for it elsewhere', () => {
    const nothing = { $get: '/body/nothing' };
    expect(made({ a: nothing, b: 1 })).toStrictEqual({ b: 1 });
    expect(made({ a: { b: nothing } })).toStrictEqual({ a: {} });
    expect(made([nothing, 1])).toStrictEqual([null, 1]);
    expect(made(nothing)).toBe(null);
    expect(made({ a: { $get: '/subject/x' } })).toStrictEqual({});
  });

  it('has a default for what is not there, and not for null or false', () => {
    expect(made({ a: { $get: '/body/nothing', $default: [1] } })).toStrictEqual({ a: [1] });
    expect(made({ a: { $get: '/body/nothing', $default: null } })).toStrictEqual({ a: null });
    expect(made({ a: { $get: '/body/note', $default: 1 } })).toStrictEqual({ a: null });
    expect(made({ a: { $get: '/body/paid', $default: 1 } })).toStrictEqual({ a: false });
  });

  it('may look elsewhere by default', () => {
    const elsewhere = (pointer: string) => ({
      $get: '/body/nothing',
      $default: { $get: pointer, $default: 'none' },
    });
    expect(made(elsewhere('/body/id'))).toBe('o-1');
    expect(made(elsewhere('/body/nor'))).toBe('none');
    expect(made({ a: { $get: '/body/x', $default: { $get: '/body/y' } } })).toStrictEqual({});
    expect(made({ a: { $get: '/body/x', $default: { b: { $get: '/seq' } } } })).toStrictEqual({
      a: { b: 7 },
    });
  });

  it('has __proto__ as a member like any other', () => {
    const template: unknown = JSON.parse(
      '{"__proto__":{"isAdmin":true},"constructor":1,"a":{"__proto__":{"$get":"/body/__proto__"}}}',
    );
    const body: unknown = JSON.parse('{"__proto__":{"isAdmin":true}}');
    const result = made(template, { ...RECORD, body });
    expect(JSON.stringify(result)).toBe(
      '{"__proto__":{"isAdmin":true},"constructor":1,"a":{"__proto__":{"isAdmin":true}}}',
    );
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.hasOwn({}, 'isAdmin') || 'isAdmin' in {}).toBe(false);
  });

  it('finds nothing that was not sent', () => {
    for (const path of [
      '/body/__proto__',
      '/body/constructor',
      '/body/lines/length',
      '/body/id/0',
    ]) {
      expect(made({ a: { $get: path } })).toStrictEqual({});
    }
  });

  it('takes of a record what it knows alone', () => {
    const more = { ...RECORD, account: 'secret' };
    expect(made({ $get: '' }, more)).toStrictEqual(RECORD);
  });
});

describe('a complaint about a projection', () => {
  it.each([
    [undefined, ': must be JSON'],
    [Infinity, ': must be JSON'],
    [{ a: [1, () => 1] }, 'a[1]: must be JSON'],
    [{ $get: 'body' }, '$get: must be a JSON Pointer'],
    [{ $get: 7 }, '$get: must be a JSON Pointer'],
    [{ $get: `/body/${'a'.repeat(1024)}` }, '$get: must be a JSON Pointer'],
    [
      { a: { $get: '/id' } },
      'a.$get: must begin with one of /subject, /seq, /created, /stream, /body',
    ],
    [{ $get: '/' }, '$get: must begin with'],
    [{ $get: '/constructor' }, '$get: must begin with'],
    [{ a: { $get: '/body', b: 1 } }, 'a.b: must not stand beside $get'],
    [JSON.parse('{"$get":"/body","__proto__":1}'), '__proto__: must not stand beside $get'],
    [{ $default: 1 }, '$get: must be a JSON Pointer'],
    [{ $get: '/body', $default: { $get: 'x' } }, '$default.$get: must be a JSON Pointer'],
  ])('%j names the place', (template, complaint) => {
    expect(complaintOf(template)?.startsWith(complaint), complaintOf(template)).toBe(true);
  });

  it('begins with the field that the template is given in', () => {
    expect(complaintOf([{ $get: '', a: 1 }], 'projection')).toMatch(/^projection\[0\]\.a: /);
  });

  it('comes at the bounds', () => {
    expect(complaintOf(nested(PROJECTION_DEPTH_MAX))).toBe(undefined);
    expect(complaintOf(nested(PROJECTION_DEPTH_MAX + 1))).toContain('deeper than 20 levels');
    const most = Array<unknown>(PROJECTION_NODES_MAX - 1).fill({ $get: '/seq' });
    expect(complaintOf(most)).toBe(undefined);
    expect(complaintOf([...most, 1])).toMatch(/^\[999\]: .*1000 values/);
    const longest = 'é'.repeat((PROJECTION_BYTES_MAX - 2) / 2);
    expect(complaintOf(longest)).toBe(undefined);
    expect(complaintOf(`${longest}a`)).toContain('at most 65536 bytes');
    expect(complaintOf('\u0000'.repeat(Math.ceil(PROJECTION_BYTES_MAX / 6)))).toContain(
      'at most 65536',
    );
  });

  it('comes before anything walks a value that has itself in it', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(complaintOf(circle)).toContain('deeper than');
  });
});

const anyRecord = fc.record({
  subject: fc.string(),
  seq: fc.nat(),
  created: fc.string(),
  stream: fc.string(),
  body: fc.jsonValue(),
});

describe('any projection', () => {
  it('without references is what it makes, however its members are named', () => {
    const isPlain = (text: string): boolean => !/"\$(?:get|default)"/.test(text);
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), anyRecord, (text, record) => {
        fc.pre(isPlain(text));
        const template: unknown = JSON.parse(text);
        expect(JSON.stringify(made(template, record))).toBe(JSON.stringify(template));
      }),
    );
  });

  it('makes JSON of every record, and changes neither', () => {
    const { node: anyTemplate } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(1, 'a', null),
        fc
          .constantFrom('', '/body', '/body/a', '/body/0', '/seq', '/body/__proto__')
          .map(($get) => ({ $get })),
        fc.record({ $get: fc.constant('/body/a'), $default: tie('node') }),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('node'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(anyTemplate, anyRecord, (template, record) => {
        const before = JSON.stringify([template, record]);
        const result = made(template, record);
        const text = JSON.stringify(result);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(text).not.toContain('undefined');
        expect(JSON.stringify([template, record])).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('is parsed or complained about, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), anyRecord, (given, record) => {
        const parsed = parseProjection(given);
        if (parsed.ok) project(parsed.projection, record);
        else expect(parsed.complaint.reason).not.toBe('');
      }),
    );
  });
});
