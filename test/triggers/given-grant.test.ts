import { expect, test } from 'vitest';
import { judgeGrant, type GivenGrant } from '../../src/triggers/given-grant.ts';

const EXPORT = {
  side: 'export',
  type: 'stream',
  subject: 'orders.>',
  accounts: undefined,
  details: {},
} as const;
const IMPORT = {
  side: 'import',
  type: 'stream',
  subject: 'in.*',
  from: 'other',
  details: {},
} as const;

test.each<GivenGrant>([
  EXPORT,
  { ...EXPORT, accounts: ['other'], details: { info_url: 'https://example.test/orders' } },
  { ...EXPORT, type: 'service', subject: 'prices.*' },
  IMPORT,
  { ...IMPORT, subject: '$DS.demo.*' },
])('%j says what it reaches', (given) => {
  const { type, ...terms } = given;
  const reach = { type, pattern: given.subject };
  expect(judgeGrant(given)).toEqual({ ok: true, terms: { ...terms, reach } });
});

test.each<[string, GivenGrant]>([
  ['subject', { ...EXPORT, subject: 'a..b' }],
  ['subject', { ...EXPORT, subject: '' }],
  ['subject', { ...EXPORT, type: 'service', subject: '$DS.demo.chat' }],
  ['accounts', { ...EXPORT, accounts: ['ok', 'not ok'] }],
  ['info_url', { ...EXPORT, details: { info_url: 'javascript:x' } }],
  ['account', { ...IMPORT, from: '' }],
  // What is stored could not be read again.
  ['name', { ...EXPORT, details: { name: '😀'.repeat(200) } }],
  ['description', { ...IMPORT, details: { description: '😀'.repeat(2049) } }],
  ['description', { ...IMPORT, details: { description: 'half of \ud83d' } }],
  ['info_url', { ...EXPORT, details: { info_url: 'https://example.test/\udc00' } }],
])('%s is complained of', (field, given) => {
  expect(judgeGrant(given)).toMatchObject({ ok: false, complaint: { field } });
});
