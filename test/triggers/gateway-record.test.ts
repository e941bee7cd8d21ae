import { describe, expect, it } from 'vitest';
import { parseGatewayDefinition } from '../../src/triggers/gateway-definition.ts';
import { decodeGatewayRecord, encodeGatewayRecord } from '../../src/triggers/gateway-record.ts';

const GIVEN = {
  name: 'shop',
  trigger_type: 'gateway',
  gateway_mapping: { method: 'GET', path: '/orders', limit: { request: 3, time: 1000 } },
};

describe("a gateway trigger's record", () => {
  it.each([true, false])('is read as it was written, paused: %s', (isPaused) => {
    const read = parseGatewayDefinition(GIVEN);
    if (!read.ok) throw new Error(read.misfit.field);
    const record = { kind: 'standing', id: 'a-1', isPaused, definition: read.definition } as const;
    expect(JSON.parse(encodeGatewayRecord(record))).toEqual({
      type: isPaused ? 'paused' : 'active',
      id: 'a-1',
      trigger: GIVEN,
    });
    expect(decodeGatewayRecord(encodeGatewayRecord(record))).toEqual(record);
  });

  it('of a trigger of another type is none', () => {
    const trigger = { ...GIVEN, trigger_type: 'stream' };
    const text = JSON.stringify({ type: 'active', id: 'a', trigger });
    expect(decodeGatewayRecord(text)).toBeUndefined();
  });
});
