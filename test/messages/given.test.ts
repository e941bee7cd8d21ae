import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DUPLICATE_WINDOW_NS, type ManagedConfig } from '../../src/messages/config.ts';
import {
  createConfig,
  sameConfig,
  updateConfig,
  type Configured,
  type GivenConfig,
} from '../../src/messages/given.ts';
import { managedConfig, ORDERS, origin, pattern } from '../support/managed.ts';

const CAPABILITIES = { replicasMax: 1 };

function create(given: GivenConfig): Configured {
  return createConfig(ORDERS, given, CAPABILITIES);
}

function update(current: ManagedConfig, given: GivenConfig): Configured {
  return updateConfig(current, given, CAPABILITIES);
}

/** The configuration, or what stood in its way: a code and the property that it names. */
function outcomeOf(configured: Configured): ManagedConfig | string {
  if (configured.ok) return configured.config;
  const { refusal } = configured;
  return 'property' in refusal ? `${refusal.code}: ${refusal.property}` : refusal.code;
}

/** A value of each property that is not its default. */
const VALUES = {
  description: 'Orders of all shops',
  metadata: { team: 'sales' },
  subjects: [pattern('orders.>'), pattern('bills.*')],
  storage: 'memory',
  discard: 'new',
  messagesMax: 10,
  bytesMax: 1000,
  maxAgeNs: 5,
  messagesPerSubjectMax: 3,
  messageBytesMax: 100,
  consumersMax: 2,
  replicas: 1,
  duplicateWindowNs: 7,
  mirror: undefined,
  sources: [origin('LOGS'), origin('BILLS', { startSeq: 4 })],
  sealed: true,
  denyDelete: true,
  denyPurge: true,
} satisfies Required<GivenConfig>;

const DEFAULT = managedConfig({ subjects: [ORDERS] });
const CHANGEABLE = [
  'description',
  'metadata',
  'subjects',
  'discard',
  'messagesMax',
  'bytesMax',
  'maxAgeNs',
  'messagesPerSubjectMax',
  'messageBytesMax',
  'consumersMax',
  'duplicateWindowNs',
  'sources',
  'sealed',
  'denyDelete',
  'denyPurge',
] as const;

describe('a new configuration', () => {
  it('of nothing captures its own name, keeps files and limits nothing', () => {
    expect(create({})).toStrictEqual({ ok: true, config: DEFAULT });
    expect(DEFAULT).toMatchObject({
      subjects: ['ORDERS'],
      storage: 'file',
      discard: 'old',
      replicas: 1,
      duplicateWindowNs: DUPLICATE_WINDOW_NS,
    });
  });

  it('has every property that is given, and no other', () => {
    expect(create(VALUES)).toStrictEqual({ ok: true, config: { name: ORDERS, ...VALUES } });
    for (const key of CHANGEABLE) {
      const given = { subjects: [ORDERS], [key]: VALUES[key] };
      expect(create(given)).toStrictEqual({ ok: true, config: { ...DEFAULT, ...given } });
    }
    expect(create({ storage: 'memory' })).toMatchObject({ config: { storage: 'memory' } });
  });

  it('captures nothing by itself where messages come from elsewhere', () => {
    expect(create({ mirror: origin('LOGS') })).toMatchObject({ config: { subjects: [] } });
    expect(create({ sources: [origin('LOGS')] })).toMatchObject({ config: { subjects: [] } });
    expect(create({ subjects: [], sources: [] })).toMatchObject({ config: { subjects: [ORDERS] } });
  });
});

describe('a changed configuration', () => {
  it.each(CHANGEABLE)('changes what is given and keeps what is left out: %s', (key) => {
    const given = { [key]: VALUES[key] };
    expect(update(DEFAULT, given)).toStrictEqual({ ok: true, config: { ...DEFAULT, ...given } });
    const undefinedToo = { ...Object.fromEntries(CHANGEABLE.map((each) => [each, undefined])) };
    expect(update(DEFAULT, { ...undefinedToo, ...given })).toStrictEqual({
      ok: true,
      config: { ...DEFAULT, ...given },
    });
    const rest = { ...VALUES, sealed: false, denyDelete: false, denyPurge: false };
    const current: ManagedConfig = { name: ORDERS, ...rest, [key]: DEFAULT[key] };
    expect(update(current, given)).toStrictEqual({ ok: true, config: { ...current, ...given } });
  });

  it('of nothing is what it was', () => {
    const full: ManagedConfig = { name: ORDERS, ...VALUES };
    for (const current of [DEFAULT, full]) {
      expect(update(current, {})).toStrictEqual({ ok: true, config: current });
    }
  });

  it.each([
    { property: 'storage', from: {}, given: { storage: 'memory' } },
    { property: 'storage', from: { storage: 'memory' }, given: { storage: 'file' } },
    { property: 'mirror', from: {}, given: { mirror: origin('LOGS') } },
    {
      property: 'mirror',
      from: { mirror: origin('LOGS'), subjects: [] },
      given: { mirror: origin('LOGS', { startSeq: 2 }) },
    },
    { property: 'sealed', from: { sealed: true }, given: { sealed: false } },
    { property: 'deny_delete', from: { denyDelete: true }, given: { denyDelete: false } },
    { property: 'deny_purge', from: { denyPurge: true }, given: { denyPurge: false } },
  ] satisfies { property: string; from: Partial<ManagedConfig>; given: GivenConfig }[])(
    'keeps $property from $from, where $given is asked for',
    ({ property, from, given }) => {
      expect(outcomeOf(update(managedConfig(from), given))).toBe(`fixed-property: ${property}`);
      expect(outcomeOf(update(managedConfig(from), { ...given, messagesMax: 5 }))).toBe(
        `fixed-property: ${property}`,
      );
    },
  );

  it('may name again what is fixed, as it is', () => {
    const mirror = managedConfig({ mirror: origin('LOGS', { startSeq: 3 }), subjects: [] });
    const given = { storage: 'file', mirror: origin('LOGS', { startSeq: 3 }) } as const;
    expect(update(mirror, { ...given, messagesMax: 5 })).toStrictEqual({
      ok: true,
      config: { ...mirror, messagesMax: 5 },
    });
    const sealed = managedConfig({ sealed: true, denyDelete: true, denyPurge: true });
    const same = { sealed: true, denyDelete: true, denyPurge: true };
    expect(update(sealed, same)).toStrictEqual({ ok: true, config: sealed });
  });

  it('never leaves a stream that nothing can reach: it captures its own name then', () => {
    expect(update(managedConfig(), { subjects: [] })).toStrictEqual({ ok: true, config: DEFAULT });
    const sourced = managedConfig({ subjects: [], sources: [origin('LOGS')] });
    expect(update(sourced, { sources: [] })).toStrictEqual({ ok: true, config: DEFAULT });
    expect(update(sourced, { subjects: [] })).toStrictEqual({ ok: true, config: sourced });
  });
});

describe('any configuration', () => {
  const LOGS = origin('LOGS');

  it.each([
    { of: 'subjects that overlap', given: { subjects: ['a.*', 'b', 'a.c'] }, is: 'subjects' },
    { of: 'a subject twice', given: { subjects: ['a', 'a'] }, is: 'subjects' },
    { of: 'a mirror with subjects', given: { subjects: ['a'], mirror: LOGS }, is: 'subjects' },
    { of: 'a mirror with sources', given: { mirror: LOGS, sources: [LOGS] }, is: 'sources' },
    { of: 'a mirror of itself', given: { mirror: origin('ORDERS') }, is: 'mirror' },
    { of: 'itself as a source', given: { sources: [LOGS, origin('ORDERS')] }, is: 'sources' },
    { of: 'a source twice', given: { sources: [LOGS, origin('A'), LOGS] }, is: 'sources' },
    {
      of: 'a source that begins at two places',
      given: { sources: [origin('LOGS', { startSeq: 1, startAtMs: 1 })] },
      is: 'sources',
    },
    {
      of: 'a mirror that begins at two places',
      given: { mirror: origin('LOGS', { startSeq: 1, startAtMs: 0 }) },
      is: 'mirror',
    },
  ])('is refused with $of', ({ given, is }) => {
    const { subjects, ...rest } = { subjects: undefined, ...given };
    const all = { ...rest, subjects: subjects?.map(pattern) };
    expect(outcomeOf(create(all))).toBe(`invalid-property: ${is}`);
    const isMirror = 'mirror' in given;
    const current = managedConfig(isMirror ? { mirror: given.mirror, subjects: [] } : {});
    expect(outcomeOf(update(current, all))).toBe(`invalid-property: ${is}`);
  });

  it('has no more replicas than the engine can give', () => {
    const refusal = { code: 'replicas-unavailable', replicasMax: 1 };
    expect(create({ replicas: 2 })).toEqual({ ok: false, refusal });
    expect(update(DEFAULT, { replicas: 3 })).toEqual({ ok: false, refusal });
    const three = { replicasMax: 3 };
    expect(createConfig(ORDERS, { replicas: 3 }, three)).toMatchObject({ config: { replicas: 3 } });
    expect(updateConfig(DEFAULT, { replicas: 2 }, three)).toMatchObject({
      config: { replicas: 2 },
    });
  });

  it('is the same where every property is, in whatever order objects name theirs', () => {
    const one = managedConfig({ metadata: { a: '1', b: '2' }, sources: [LOGS] });
    const { name, ...rest } = managedConfig({ metadata: { b: '2', a: '1' }, sources: [LOGS] });
    expect(sameConfig(one, { ...rest, name })).toBe(true);
    for (const key of CHANGEABLE) {
      expect(sameConfig(DEFAULT, { ...DEFAULT, [key]: VALUES[key] })).toBe(false);
    }
    expect(sameConfig(DEFAULT, { ...DEFAULT, storage: 'memory' })).toBe(false);
    expect(sameConfig(DEFAULT, { ...DEFAULT, mirror: LOGS })).toBe(false);
  });

  it('made of what is given at once is that made of it bit by bit', () => {
    const anyPart = fc.subarray([...CHANGEABLE]);
    fc.assert(
      fc.property(anyPart, (keys) => {
        const parts = keys.map((key) => ({ [key]: VALUES[key] }));
        const { subjects } = VALUES;
        const given = parts.reduce<GivenConfig>((all, part) => ({ ...all, ...part }), { subjects });
        let bitByBit = create({ subjects });
        for (const part of parts) if (bitByBit.ok) bitByBit = update(bitByBit.config, part);
        expect(bitByBit).toStrictEqual(create(given));
      }),
    );
  });
});
