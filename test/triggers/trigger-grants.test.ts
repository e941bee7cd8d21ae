import { expect, test } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { parseDefinition } from '../../src/triggers/definition.ts';
import { concerns, grantedFlow, grantsOf } from '../../src/triggers/trigger-grants.ts';

function granting(target: object = {}, id = 'id-1') {
  const read = parseDefinition({
    name: 'carry',
    trigger_type: 'stream',
    description: 'carries',
    source: { subject: 'orders.*', advertise: true, info_url: 'https://example.test', name: 'out' },
    target: { subject: 'in.$1', account: 'other', share: true, ...target },
  });
  const definition = must(read.ok ? read.definition : undefined, 'a definition');
  return { account: 'acme', id, definition };
}

test('a trigger flows from what its source reaches to what its target reaches', () => {
  expect(grantedFlow(granting())).toEqual({
    from: { account: 'acme', reach: { type: 'stream', pattern: 'orders.*' } },
    to: { account: 'other', reach: { type: 'stream', pattern: 'in.*' } },
  });
});

test('it makes an export where it is, and an import where it delivers', () => {
  const [exported, imported] = grantsOf(granting({ local_subject: 'local' }), true, 7);
  expect(exported).toEqual({
    side: 'export',
    id: 'id-1',
    account: 'acme',
    createdAtMs: 7,
    trigger: 'carry',
    subject: 'orders.*',
    reach: { type: 'stream', pattern: 'orders.*' },
    accounts: ['other'],
    details: { name: 'out', info_url: 'https://example.test', advertise: true },
  });
  expect(imported).toEqual({
    side: 'import',
    id: 'id-1',
    account: 'other',
    createdAtMs: 7,
    trigger: 'carry',
    subject: 'in.$1',
    reach: { type: 'stream', pattern: 'local' },
    from: 'acme',
    details: { description: 'carries', local_subject: 'local', share: true },
  });
});

test('one that rests on the import of others makes none', () => {
  expect(grantsOf(granting(), false, 7).map(({ side }) => side)).toEqual(['export']);
});

test('its own grants concern it, and those that let it through', () => {
  const trigger = granting();
  const [own, foreign] = [grantsOf(trigger, true, 7), granting({}, 'id-2')];
  const flowing = { id: 'id-1', flow: grantedFlow(trigger) };
  for (const grant of own) expect(concerns(grant, flowing)).toBe(true);
  // Shared by the account itself.
  const [, shared] = grantsOf({ ...foreign, account: 'other' }, true, 7);
  expect(concerns(must(shared, 'an import'), flowing)).toBe(true);
  const elsewhere = grantedFlow(granting({ account: 'third' }));
  expect(concerns(must(shared, 'an import'), { id: 'id-1', flow: elsewhere })).toBe(false);
});
