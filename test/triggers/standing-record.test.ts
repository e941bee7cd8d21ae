import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/triggers/standing-record.ts';

interface Definition {
  readonly trigger: { readonly name: string };
}

const ANY: Definition = { trigger: { name: 'any' } };
const known = (): Definition => ANY;

describe('what is kept of a trigger', () => {
  it('says what has become of it', () => {
    const record = { kind: 'standing', id: 'a-1', isPaused: true, definition: ANY } as const;
    const text = encodeRecord(record, 'any-type');
    expect(text).toBe(
      '{"type":"paused","id":"a-1","trigger":{"name":"any","trigger_type":"any-type"}}',
    );
    expect(decodeRecord(text, known)).toEqual(record);
    expect(decodeRecord(encodeRecord({ kind: 'deleted' }, 'any-type'), known)).toEqual({
      kind: 'deleted',
    });
  });

  it('hands what was given to those who can read it', () => {
    const given: unknown[] = [];
    const text = '{"type":"active","id":"a","trigger":{"name":"x"}}';
    decodeRecord(text, (trigger) => given.push(trigger));
    expect(given).toEqual([{ name: 'x' }]);
    expect(decodeRecord(text, () => undefined)).toBeUndefined();
  });

  it.each(['', 'no JSON', '7', '[]', '{"type":"odd"}', '{"type":"active","id":7,"trigger":{}}'])(
    'is never %j',
    (text) => {
      expect(decodeRecord(text, known)).toBeUndefined();
    },
  );

  it.each(['', 'a b', 'x'.repeat(65)])('has no id %j', (id) => {
    const text = JSON.stringify({ type: 'active', id, trigger: {} });
    expect(decodeRecord(text, known)).toBeUndefined();
  });
});
