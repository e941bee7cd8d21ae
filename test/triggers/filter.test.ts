import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FILTER_DEPTH_MAX,
  FILTER_NODES_MAX,
  matches,
  parseFilter,
  type Filter,
} from '../../src/triggers/filter.ts';

function filter(given: unknown): Filter {
  const parsed = parseFilter(given);
  if (!parsed.ok) throw new Error(`${parsed.complaint.field} ${parsed.complaint.reason}`);
  return parsed.filter;
}

/** What is complained about: the field and the reason, or nothing. */
function complaintOf(given: unknown, field?: string): string | undefined {
  const parsed = parseFilter(given, field);
  return parsed.ok ? undefined : `${parsed.complaint.field}: ${parsed.complaint.reason}`;
}

const ORDER = { data: { amount: 12, currency: 'EUR', tags: ['new', 'vip'], note: null } };

function isMatch(given: unknown, value: unknown = ORDER): boolean {
  return matches(filter(given), { subject: 'orders.eu.created', value });
}

/** So many filters one in another, itself counted. */
function nested(depth: number): unknown {
  return depth === 1 ? { subject: '>' } : { not: nested(depth - 1) };
}

describe('a filter', () => {
  it.each([
    { path: '/data/amount', gte: 10, lt: 20 },
    { path: '/data/currency', in: ['EUR', 'USD'] },
    { path: '/data/currency', eq: 'EUR', prefix: 'E', suffix: 'R', contains: 'U', exists: true },
    { path: '/data/tags/1', eq: 'vip' },
    { path: '/data/note', eq: null, exists: true },
    { path: '', exists: true },
    { subject: 'orders.eu.created' },
    { subject: 'orders.*.created' },
    { subject: 'orders.>' },
    { all: [{ subject: 'orders.>' }, { path: '/data/amount', gt: 1 }] },
    { any: [{ subject: 'bills.>' }, { path: '/data/amount', gt: 1 }] },
    { not: { any: [{ subject: 'bills.>' }, { path: '/data/amount', gt: 100 }] } },
  ])('%j takes the record', (given) => {
    expect(isMatch(given)).toBe(true);
    expect(isMatch({ not: given })).toBe(false);
  });

  it.each([
    { path: '/data/amount', gte: 10, lt: 12 },
    { path: '/data/amount', eq: '12' },
    { path: '/data/tags', eq: 'new' },
    { path: '/data/tags', contains: 'new' },
    { path: '/data/tags/length', eq: 2 },
    { path: '/data', eq: null },
    { subject: 'orders.*' },
    { all: [{ subject: 'bills.>' }, { path: '/data/amount', gt: 1 }] },
    { any: [{ subject: 'bills.>' }, { path: '/data/amount', gt: 100 }] },
  ])('%j does not', (given) => {
    expect(isMatch(given)).toBe(false);
    expect(isMatch({ not: given })).toBe(true);
  });

  it.each([
    { path: '/nothing', exists: false },
    { path: '/nothing', ne: 1 },
    { path: '/nothing', ne: null },
    { path: '/nothing', ne: 1, exists: false },
    { not: { path: '/nothing', eq: null } },
    { path: '/__proto__', exists: false },
    { path: '/constructor/name', exists: false },
    { path: '/data/tags/push', exists: false },
  ])('%j takes a record that has nothing there', (given) => {
    expect(isMatch(given)).toBe(true);
  });

  it.each([
    { eq: null },
    { gt: 0 },
    { gte: '' },
    { lt: 1 },
    { lte: '' },
    { in: [null, false, 0, ''] },
    { exists: true },
    { prefix: '' },
    { suffix: '' },
    { contains: '' },
    { ne: 1, exists: true },
  ])('%j holds for nothing that is absent', (test) => {
    expect(isMatch({ path: '/nothing', ...test })).toBe(false);
  });

  it('finds __proto__ where it was sent', () => {
    const given = { path: '/__proto__/a', eq: 1 };
    expect(isMatch(given, JSON.parse('{"__proto__":{"a":1}}'))).toBe(true);
    expect(isMatch(given, { a: 1 })).toBe(false);
  });

  it('may have a body of any JSON', () => {
    for (const value of [null, true, 12, 'text', [], [1]]) {
      expect(isMatch({ path: '', exists: true }, value)).toBe(true);
      expect(isMatch({ path: '/data', exists: false }, value)).toBe(true);
    }
    expect(isMatch({ path: '', gt: 11 }, 12)).toBe(true);
    expect(isMatch({ path: '/0', eq: 1 }, [1])).toBe(true);
  });
});

describe('a complaint about a filter', () => {
  it.each([
    [null, ': must be an object'],
    [undefined, ': must be an object'],
    ['orders.>', ': must be an object'],
    [[], ': must be an object'],
    [{}, ': must be an object with all, any, not, subject or path'],
    [{ eq: 1 }, ': must be an object with all, any, not, subject or path'],
    [JSON.parse('{"__proto__":{"subject":">"}}'), ': must be an object with'],
    [{ all: [] }, 'all: must be an array of at least one'],
    [{ any: {} }, 'any: must be an array'],
    [{ any: [{ subject: 'a' }, 7] }, 'any[1]: must be an object'],
    [{ not: [] }, 'not: must be an object'],
    [{ not: { all: [{ path: 'x', eq: 1 }] } }, 'not.all[0].path: must be a JSON Pointer'],
    [{ path: 7, eq: 1 }, 'path: must be a JSON Pointer'],
    [{ path: `/${'a'.repeat(1024)}`, eq: 1 }, 'path: must be a JSON Pointer'],
    [{ path: '/a' }, ': must have one or more of eq'],
    [{ path: '/a', gt: true }, 'gt: must be a number'],
    [{ path: '/a', eq: 1, matches: '.*' }, 'matches: is no test'],
    [JSON.parse('{"path":"/a","eq":1,"__proto__":{}}'), '__proto__: is no test'],
    [{ all: [{ subject: 'a' }], any: [{ subject: 'a' }] }, 'any: must not stand beside all'],
    [{ not: { subject: 'a' }, path: '/a', eq: 1 }, 'path: must not stand beside not'],
    [{ subject: 'a', eq: 1 }, 'eq: must not stand beside subject'],
    [{ subject: 'a..b' }, 'subject: must be a subject'],
    [{ subject: '>.a' }, 'subject: must be a subject'],
    [{ subject: 'a'.repeat(1025) }, 'subject: must be a subject'],
    [{ subject: 7 }, 'subject: must be a subject'],
  ])('%j names the place', (given, complaint) => {
    expect(complaintOf(given)).toContain(complaint);
    expect(complaintOf(given)?.startsWith(complaint)).toBe(true);
  });

  it('begins with the field that the filter is given in', () => {
    expect(complaintOf({ all: [{}] }, 'filter')).toMatch(/^filter\.all\[0\]: /);
    expect(complaintOf([], 'filter')).toMatch(/^filter: /);
  });

  it('comes at the bounds', () => {
    expect(complaintOf(nested(FILTER_DEPTH_MAX))).toBe(undefined);
    expect(complaintOf(nested(FILTER_DEPTH_MAX + 1))).toContain('deeper than 10 levels');
    const most = Array<unknown>(FILTER_NODES_MAX - 1).fill({ subject: 'a' });
    expect(complaintOf({ any: most })).toBe(undefined);
    expect(complaintOf({ any: [...most, { subject: 'a' }] })).toMatch(/^any\[99\]: .*100 filters/);
  });

  it('comes at once, however deep a filter is', () => {
    expect(complaintOf(nested(1000))).toContain('deeper than');
  });
});

const anyTest = fc.oneof(
  fc.record({ eq: fc.constantFrom<unknown>(1, 'a', null, true) }),
  fc.record({ ne: fc.constantFrom<unknown>(1, 'a', null, true) }),
  fc.record({ gt: fc.constantFrom<unknown>(0, 'A'), lte: fc.constantFrom<unknown>(1, 'b') }),
  fc.record({ in: fc.constantFrom<unknown[]>([1, 2], ['a', null]) }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ contains: fc.constantFrom('a', '') }),
);
const anyLeaf = fc.oneof(
  fc
    .tuple(fc.constantFrom('', '/a', '/b/0', '/b', '/__proto__'), anyTest)
    .map(([path, test]) => ({ path, ...test })),
  fc.record({ subject: fc.constantFrom('a.b', 'a.*', '*.*.*', '>') }),
);
const { node: anyFilter } = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    anyLeaf,
    fc.record({ all: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('node') }),
  ),
}));
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.record(
    { a: fc.constantFrom<unknown>(1, 'a', null), b: fc.array(fc.constantFrom<unknown>(1, 'a')) },
    { requiredKeys: [] },
  ),
);
const anyRecord = fc.record({ subject: fc.constantFrom('a.b', 'a.b.c', 'c'), value: anyValue });

describe('any filter', () => {
  it('answers for every record, and its parts answer as its words say', () => {
    fc.assert(
      fc.property(
        fc.array(anyFilter, { minLength: 1, maxLength: 3 }),
        anyRecord,
        (parts, record) => {
          const answers = parts.map((part) => matches(filter(part), record));
          expect(matches(filter({ all: parts }), record)).toBe(!answers.includes(false));
          expect(matches(filter({ any: parts }), record)).toBe(answers.includes(true));
          expect(matches(filter({ not: parts[0] }), record)).toBe(!answers[0]);
        },
      ),
    );
  });

  it('means the same after it was written down', () => {
    fc.assert(
      fc.property(anyFilter, anyRecord, (given, record) => {
        const again: unknown = JSON.parse(JSON.stringify(given));
        expect(matches(filter(again), record)).toBe(matches(filter(given), record));
      }),
    );
  });

  it('is a filter or complained about, and changes nothing that it is given', () => {
    const anyName = fc.constantFrom(
      'all',
      'any',
      'not',
      'path',
      'subject',
      'eq',
      'in',
      '__proto__',
    );
    const { node: anyGiven } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(1, '/a', 'a.*', null, true),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(anyName, tie('node'), { maxKeys: 2 }),
      ),
    }));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), anyGiven), anyRecord, (given, record) => {
        const before = fc.stringify(given);
        const parsed = parseFilter(given);
        if (parsed.ok) matches(parsed.filter, record);
        else expect(parsed.complaint.reason).not.toBe('');
        expect(fc.stringify(given)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });
});
