import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../src/triggers/definition.ts';
import {
  decodeTriggerRecord,
  encodeTriggerRecord,
  type TriggerRecord,
} from '../../src/triggers/trigger-record.ts';

const GIVEN = {
  name: 'copy',
  trigger_type: 'stream',
  source: { subject: 'orders.>' },
  target: { subject: 'copies.>', account: 'acme' },
  start: 7,
  filter: { path: '/amount', gt: 3 },
  transform: { body: { id: { $get: '/body/id' } } },
};

function standing(isPaused: boolean): TriggerRecord {
  const read = parseDefinition(GIVEN);
  if (!read.ok) throw new Error(read.misfit.field);
  return { kind: 'standing', id: 'a-1', isPaused, definition: read.definition };
}

describe("a trigger's record", () => {
  it.each([true, false])('is read as it was written, paused: %s', (isPaused) => {
    const read = decodeTriggerRecord(encodeTriggerRecord(standing(isPaused)));
    if (read?.kind !== 'standing') throw new Error('it is standing');
    expect(read).toMatchObject({ id: 'a-1', isPaused });
    expect({ ...read.definition.trigger, trigger_type: 'stream' }).toEqual({
      ...GIVEN,
      source: { ...GIVEN.source, type: 'stream' },
      target: { ...GIVEN.target, type: 'stream' },
    });
  });

  it('is read as deleted', () => {
    const written = encodeTriggerRecord({ kind: 'deleted' });
    expect(decodeTriggerRecord(written)).toEqual({ kind: 'deleted' });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"type":"active"}',
    '{"type":"active","id":"a-1","trigger":{}}',
    `{"type":"other","id":"a-1","trigger":${JSON.stringify(GIVEN)}}`,
    `{"type":"active","id":"a 1","trigger":${JSON.stringify(GIVEN)}}`,
  ])('is not %s', (text) => {
    expect(decodeTriggerRecord(text)).toBeUndefined();
  });
});
