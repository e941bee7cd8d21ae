import { expect, test } from 'vitest';
import { GrantService, STANDING_GRANTS_MAX } from '../../src/delivery/grant-service.ts';
import { KeptTriggers } from '../../src/delivery/kept-triggers.ts';
import { grantName } from '../../src/delivery/names.ts';
import { StateLog } from '../../src/delivery/state-log.ts';
import { Turns } from '../../src/delivery/turns.ts';
import { must } from '../../src/lib/assert.ts';
import { createDocument } from '../../src/storage/documents.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { GivenGrant } from '../../src/triggers/given-grant.ts';
import type { GrantedFlow } from '../../src/triggers/grant.ts';
import { isTriggerName } from '../../src/triggers/trigger.ts';
import { pattern } from '../support/managed.ts';
import { writeGrant } from '../../src/triggers/grant-document.ts';

const IMPORT: GivenGrant = {
  side: 'import',
  type: 'stream',
  subject: 'in.>',
  from: 'other',
  details: {},
};

function memory(): MemoryEngine {
  return new MemoryEngine({ bytesMax: 1 << 28, life: 'one' });
}

/** A service on a store, as it is after a start, and what it could not read. */
async function opened(logs: MemoryEngine) {
  let minted = 0;
  const nowMs = (): number => 1;
  const states = new StateLog(() => undefined, nowMs);
  const service = new GrantService(
    { logs, clock: { nowMs }, mintId: () => `id-${(minted += 1)}`, states },
    { kept: new KeptTriggers(), turns: new Turns(), run: () => undefined },
  );
  const unreadable: string[] = [];
  await service.load((account, id) => unreadable.push(`${account} ${id}`));
  return { service, unreadable };
}

test('standing grants are as many as may be, of each account and side', async () => {
  const { service } = await opened(memory());
  for (let count = 0; count < STANDING_GRANTS_MAX; count += 1) {
    expect((await service.grant('acme', IMPORT)).kind).toBe('granted');
  }
  const grantsMax = STANDING_GRANTS_MAX;
  expect(await service.grant('acme', IMPORT)).toEqual({ kind: 'too-many', grantsMax });
  expect((await service.grant('other', IMPORT)).kind).toBe('granted');
  await service.remove({ account: 'acme', side: 'import', id: 'id-7' });
  expect((await service.grant('acme', IMPORT)).kind).toBe('granted');
});

test('what cannot be read is told of and grants nothing; the others stand', async () => {
  const logs = memory();
  const { service } = await opened(logs);
  await service.grant('acme', IMPORT);
  const place = { account: 'acme', side: 'import', id: 'spoilt' } as const;
  const moved = { ...place, id: 'moved' };
  const granted = await service.grant('acme', IMPORT);
  const text = granted.kind === 'granted' ? writeGrant(granted.grant) : '';
  await logs.commit([
    createDocument(grantName(place), 'nothing'),
    createDocument(grantName(moved), text),
  ]);
  const again = await opened(logs);
  expect(again.unreadable).toEqual(['acme moved', 'acme spoilt']);
  expect(again.service.list('acme', 'import').map(({ id }) => id)).toEqual(['id-1', 'id-2']);
});

const FLOW: GrantedFlow = {
  from: { account: 'acme', reach: { type: 'service', pattern: pattern('in') } },
  to: { account: 'other', reach: { type: 'service', pattern: pattern('out') } },
};
const TRIGGER = { id: 'its', flow: FLOW };

/** Each side: what the trigger has of its own, and what stands for others. */
type Allowed = readonly [own: boolean | undefined, standing: boolean | undefined];

test.each<[out: Allowed, into: Allowed, goes: boolean]>([
  [[true, undefined], [true, undefined], true],
  [[true, undefined], [false, undefined], false],
  [[false, undefined], [true, undefined], false],
  [[true, undefined], [undefined, true], true],
  [[true, undefined], [undefined, false], false],
  [[undefined, true], [true, undefined], true],
  [[undefined, false], [true, undefined], false],
  // What a trigger has of its own counts before what it could rest on.
  [[false, true], [true, undefined], false],
  [[true, undefined], [false, true], false],
  [[true, false], [true, false], true],
  [[undefined, undefined], [true, undefined], false],
])('a trace goes out by %j and in by %j: %s', async (out, into, goes) => {
  const { service } = await opened(memory());
  const [exported, imported] = [
    { side: 'export', account: 'acme', accounts: undefined, ...reach('in') } as const,
    { side: 'import', account: 'other', from: 'acme', ...reach('out') } as const,
  ];
  for (const [grant, [own, standing]] of [
    [exported, out],
    [imported, into],
  ] as const) {
    if (own !== undefined) {
      const of = { id: 'its', trigger: triggerName('its'), createdAtMs: 1 };
      await service.keep([{ ...grant, ...of, details: { allow_trace: own } }]);
    }
    if (standing !== undefined) {
      const of = { id: 'standing', trigger: undefined, createdAtMs: 1 };
      await service.keep([{ ...grant, ...of, details: { allow_trace: standing } }]);
    }
  }
  expect(service.letsTrace(TRIGGER)).toBe(goes);
});

function reach(subject: string) {
  return { subject, reach: { type: 'service', pattern: pattern(subject) } } as const;
}

function triggerName(name: string) {
  return must(isTriggerName(name) ? name : undefined, 'a name');
}
