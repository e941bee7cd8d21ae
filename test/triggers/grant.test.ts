import { describe, expect, test } from 'vitest';
import {
  isForOthers,
  isShownTo,
  letsIn,
  letsOut,
  parseReach,
  reaches,
  reachOf,
  type Export,
  type Import,
  type Reach,
} from '../../src/triggers/grant.ts';
import { must } from '../../src/lib/assert.ts';
import type { ExportType } from '../../src/triggers/trigger.ts';
import { triggerName } from '../support/managed.ts';

/** `orders.>`, or `service orders.>`. */
function reach(text: string): Reach {
  const [subject = '', type = 'stream'] = text.split(' ').toReversed();
  return must(parseReach(type === 'service' ? type : 'stream', subject), text);
}

const TERMS = { id: 'id', createdAtMs: 1, trigger: undefined } as const;
const NAME = triggerName('made-it');

function exporting(subject: string, more: Partial<Export> = {}): Export {
  const own = { account: 'a', subject, reach: reach(subject), accounts: undefined, details: {} };
  return { side: 'export', ...TERMS, ...own, ...more };
}

function importing(subject: string, more: Partial<Import> = {}): Import {
  const own = { account: 'b', subject, reach: reach(subject), from: 'a', details: {} };
  return { side: 'import', ...TERMS, ...own, ...more };
}

function flow(from: string, to: string, source = 'a', target = 'b') {
  return {
    from: { account: source, reach: reach(from) },
    to: { account: target, reach: reach(to) },
  };
}

describe('what a grant reaches', () => {
  test.each<[ExportType, string, boolean]>([
    ['stream', 'orders.*.new', true],
    ['stream', '$DS.demo.>', true],
    ['stream', '$DS.demo', false],
    ['stream', '$DS.demo.*', true],
    ['stream', '$DS.>', true],
    ['stream', 'orders..new', false],
    ['stream', '', false],
    ['service', 'prices.*', true],
    ['service', '$DS.demo.chat', false],
  ])('is, of type %s, %s: %s', (type, subject, isOne) => {
    expect(parseReach(type, subject) !== undefined).toBe(isOne);
  });

  test.each([
    ['orders.>', 'orders.eu.new', true],
    ['orders.>', 'orders.*.new', true],
    ['orders.*', 'orders.>', false],
    ['>', 'orders.>', true],
    ['>', '$DS.demo.chat', false],
    ['*.demo.chat', '$DS.demo.chat', false],
    ['$DS.>', '$DS.demo.chat', true],
    ['$DS.demo.*', '$DS.demo.chat', true],
    ['$DS.demo.*', '$DS.other.chat', false],
    ['$DS.>', 'orders.eu', false],
    ['service >', 'orders.eu', false],
    ['>', 'service orders.eu', false],
    ['service >', 'service orders.eu', true],
  ])('%s has %s in it: %s', (whole, part, isIn) => {
    expect(reaches(reach(whole), reach(part))).toBe(isIn);
  });

  test("is a trigger's side", () => {
    const { pattern } = reach('prices.eu');
    expect(reachOf({ kind: 'managed', pattern })).toEqual({ type: 'stream', pattern });
    expect(reachOf({ kind: 'service', pattern })).toEqual({ type: 'service', pattern });
  });
});

describe('an export', () => {
  test.each<[readonly string[] | undefined, boolean]>([
    [undefined, true],
    [['b', 'c'], true],
    [['c'], false],
    [[], false],
  ])('for %j lets out to b: %s', (accounts, isOut) => {
    expect(letsOut(exporting('orders.>', { accounts }), flow('orders.eu', 'any'))).toBe(isOut);
  });

  test('lets out what it reaches alone', () => {
    expect(letsOut(exporting('orders.>'), flow('prices.eu', 'any'))).toBe(false);
  });

  test('is shown to those whom it is for, if it is advertised at all', () => {
    const details = { advertise: true };
    expect(isShownTo('z', exporting('x'))).toBe(false);
    expect(isShownTo('z', exporting('x', { details: { advertise: false } }))).toBe(false);
    expect(isShownTo('z', exporting('x', { details }))).toBe(true);
    expect(isShownTo('z', exporting('x', { details, accounts: ['b'] }))).toBe(false);
    expect(isShownTo('b', exporting('x', { details, accounts: ['b'] }))).toBe(true);
    // A trigger's is for its target, and says what there is.
    const own = exporting('x', { details, accounts: ['b'], trigger: NAME });
    expect(isShownTo('z', own)).toBe(true);
  });
});

describe('an import', () => {
  test.each([
    ['in.>', 'a', true],
    ['in.>', 'c', false],
    ['other.>', 'a', false],
  ])('on %s lets in what a delivers on in.eu, where it is of %s: %s', (subject, from, isIn) => {
    expect(letsIn(importing(subject, { from }), flow('any', 'in.eu'))).toBe(isIn);
  });

  test('that a trigger shares lets everybody in', () => {
    const shared = importing('in.>', { trigger: NAME, from: 'b', details: { share: true } });
    expect(letsIn(shared, flow('any', 'in.eu', 'c'))).toBe(true);
    expect(letsIn(shared, flow('any', 'out.eu', 'c'))).toBe(false);
  });
});

test('standing grants and what an account shares of its own are for others', () => {
  const share = { share: true };
  expect(isForOthers(exporting('x'))).toBe(true);
  expect(isForOthers(exporting('x', { trigger: NAME }))).toBe(false);
  expect(isForOthers(importing('x'))).toBe(true);
  expect(isForOthers(importing('x', { trigger: NAME, from: 'b' }))).toBe(false);
  expect(isForOthers(importing('x', { trigger: NAME, from: 'b', details: share }))).toBe(true);
  // A trigger of another account cannot open this one to all.
  expect(isForOthers(importing('x', { trigger: NAME, from: 'a', details: share }))).toBe(false);
});
