import { expect, test } from 'vitest';
import { StateLog } from '../../src/delivery/state-log.ts';
import type { TriggerIdentity } from '../../src/delivery/running.ts';
import { parseDefinition } from '../../src/triggers/definition.ts';
import type { TriggerState } from '../../src/triggers/trigger-state.ts';

type Standing = Extract<TriggerState, { reason: string }>;

const MINUTE_MS = 60_000;

function identity(name: string): TriggerIdentity {
  const read = parseDefinition({
    name,
    trigger_type: 'stream',
    source: { subject: 'in' },
    target: { subject: 'out' },
  });
  if (!read.ok) throw new Error(read.misfit.field);
  return { account: 'acme', id: `id of ${name}`, definition: read.definition };
}

function waiting(reason: string): Standing {
  return { kind: 'waiting', sinceMs: 0, reason };
}

/** A log with a clock that is set by hand, and what it has told. */
function logged() {
  const told: string[] = [];
  const time = { nowMs: 1_000_000 };
  const log = new StateLog(
    ({ trigger, state, reason = '-' }) => told.push(`${trigger} ${state} ${reason}`),
    () => time.nowMs,
  );
  return { log, told, time };
}

const COPY = identity('copy');

test('a trigger that stands still is told of once, and once when it goes on', () => {
  const { log, told } = logged();
  log.went(COPY, 'active');
  for (let attempt = 0; attempt < 5; attempt += 1) log.stoodStill(COPY, waiting('target-full'));
  for (let record = 0; record < 5; record += 1) log.went(COPY, 'active');
  expect(told).toEqual(['copy waiting target-full', 'copy active -']);
});

test('a trigger that stands still with every record is told of once a minute', () => {
  const { log, told, time } = logged();
  for (let record = 0; record < 1000; record += 1) {
    log.stoodStill(COPY, waiting(record % 2 === 0 ? 'service-failed' : 'target-full'));
    log.went(COPY, 'active');
  }
  expect(told).toEqual(['copy waiting service-failed', 'copy active -']);
  time.nowMs += MINUTE_MS;
  log.stoodStill(COPY, waiting('target-full'));
  expect(told.slice(2)).toEqual(['copy waiting target-full']);
});

test('what was too soon to tell is told with a later attempt, if it still is so', () => {
  const { log, told, time } = logged();
  log.stoodStill(COPY, waiting('target-missing'));
  const blocked: Standing = { kind: 'blocked', sinceMs: 0, reason: 'record-unfit', at: 7 };
  log.stoodStill(COPY, blocked);
  expect(told).toEqual(['copy waiting target-missing']);
  time.nowMs += MINUTE_MS;
  log.stoodStill(COPY, blocked);
  expect(told.slice(1)).toEqual(['copy blocked record-unfit']);
});

test('a failure is told at once', () => {
  const { log, told } = logged();
  log.stoodStill(COPY, waiting('target-missing'));
  log.stoodStill(COPY, { kind: 'failed', sinceMs: 0, reason: 'unforeseen' });
  expect(told.slice(1)).toEqual(['copy failed unforeseen']);
});

test('what passes by itself is not told', () => {
  const { log, told } = logged();
  for (const reason of ['service-busy', 'service-closed', 'store-busy']) {
    log.stoodStill(COPY, waiting(reason));
    log.went(COPY, 'active');
  }
  expect(told).toEqual([]);
});

test('triggers are told of apart, and one that was stopped as if for the first time', () => {
  const { log, told } = logged();
  const other = identity('other');
  log.stoodStill(COPY, waiting('target-full'));
  log.stoodStill(other, waiting('target-full'));
  log.forget(COPY.id);
  log.went(COPY, 'active');
  log.stoodStill(COPY, waiting('target-full'));
  log.went(other, 'completed');
  expect(told).toEqual([
    'copy waiting target-full',
    'other waiting target-full',
    'copy waiting target-full',
    'other completed -',
  ]);
});
