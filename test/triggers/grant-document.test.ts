import { expect, test } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { parseReach, type Grant } from '../../src/triggers/grant.ts';
import { readGrant, writeGrant } from '../../src/triggers/grant-document.ts';
import { triggerName } from '../support/managed.ts';

const NAME = triggerName('made-it');
const reach = must(parseReach('stream', 'orders.>'), 'a subject');
const TERMS = { id: 'id-1', account: 'acme', createdAtMs: 5, subject: 'orders.>', reach };

const GRANTS: readonly Grant[] = [
  { ...TERMS, side: 'export', trigger: undefined, accounts: undefined, details: {} },
  {
    ...TERMS,
    side: 'export',
    trigger: NAME,
    accounts: ['other', 'third'],
    details: {
      name: 'orders',
      description: 'what is ordered',
      info_url: 'https://example.test',
      advertise: true,
      allow_trace: false,
      response_type: 'Stream',
    },
  },
  { ...TERMS, side: 'import', trigger: undefined, from: 'other', details: {} },
  {
    ...TERMS,
    side: 'import',
    trigger: NAME,
    from: 'acme',
    details: { name: 'in', description: 'x', local_subject: 'y', share: true, allow_trace: true },
  },
];

test('a grant is read as it was written', () => {
  for (const grant of GRANTS) expect(readGrant(writeGrant(grant))).toEqual(grant);
});

test('what was written otherwise is no grant', () => {
  expect(readGrant('')).toBeUndefined();
  expect(readGrant('[]')).toBeUndefined();
  for (const grant of GRANTS) {
    const text = writeGrant(grant);
    expect(readGrant(text.slice(0, -1))).toBeUndefined();
    const members: unknown = JSON.parse(text);
    for (const [name] of Object.entries(members ?? {})) {
      const spoilt = JSON.stringify({ ...Object(members), [name]: 7.5 });
      expect(readGrant(spoilt), spoilt).toBeUndefined();
    }
  }
});

test.each([
  ['side', 'neither'],
  ['account', '-'],
  ['from', 'a b'],
  ['trigger', 'no name'],
  ['pattern', 'a..b'],
  ['type', 'other'],
  ['details', { share: 'yes' }],
])('whose %s is %j is no grant', (name, value) => {
  const grant = must(GRANTS[3], 'an import');
  const members: unknown = JSON.parse(writeGrant(grant));
  expect(readGrant(JSON.stringify({ ...Object(members), [name]: value }))).toBeUndefined();
});

test('an export for what is no account is no grant', () => {
  const grant = must(GRANTS[1], 'an export');
  const members: unknown = JSON.parse(writeGrant(grant));
  const spoilt = JSON.stringify({ ...Object(members), accounts: ['ok', ''] });
  expect(readGrant(spoilt)).toBeUndefined();
});
