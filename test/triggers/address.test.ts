import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  durableSubject,
  isLiteralAddress,
  isReserved,
  parseAddress,
  type Address,
} from '../../src/triggers/address.ts';
import { pattern } from '../support/managed.ts';

function durable(subject: string): Extract<Address, { kind: 'durable' }> {
  const address = parseAddress(subject);
  if (address?.kind !== 'durable') throw new Error(`${subject} is no durable stream's`);
  return address;
}

describe("a trigger's subject", () => {
  it('speaks of messages of managed streams', () => {
    expect(parseAddress('orders.*.created')).toEqual({
      kind: 'managed',
      pattern: 'orders.*.created',
    });
  });

  it.each([
    ['$DS.demo.chat', 'demo', 'chat'],
    ['$DS.demo.*', 'demo', undefined],
    ['$DS.demo.>', 'demo', undefined],
    ['$DS.*.chat', undefined, 'chat'],
    ['$DS.>', undefined, undefined],
    ['$DS._.rooms%2Fone', '_', 'rooms/one'],
    ['$DS.demo.a%2Eb%20c', 'demo', 'a.b c'],
  ])('%s speaks of durable streams', (subject, bucket, stream) => {
    expect(durable(subject)).toMatchObject({ bucket, stream });
  });

  it.each(['', '$DS', '$DS.demo', '$DS.*', '$DS.demo.a.b', '$DS.demo.%zz', 'a..b', 'a b', 'a.>.b'])(
    '%j is none',
    (subject) => {
      expect(parseAddress(subject)).toBeUndefined();
    },
  );

  it.each([
    [{ kind: 'managed', pattern: pattern('ms.trigger.stream.a') }, true],
    [{ kind: 'managed', pattern: pattern('ms.trigger.>') }, true],
    // Some of it may be reserved; that is seen by the record.
    [{ kind: 'managed', pattern: pattern('ms.*.a') }, false],
    [{ kind: 'managed', pattern: pattern('ms.triggers') }, false],
    [{ kind: 'service', pattern: pattern('ms.trigger.a') }, false],
  ] as const)('%j is kept for the records of triggers: %s', (endpoint, reserved) => {
    expect(isReserved(endpoint)).toBe(reserved);
  });

  it('leads from any bucket and stream back to them', () => {
    const id = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
    fc.assert(
      fc.property(id, id, (bucket, stream) => {
        const address = durable(durableSubject(bucket, stream));
        expect(address).toMatchObject({ bucket, stream });
        expect(isLiteralAddress(address)).toBe(true);
      }),
    );
  });
});
