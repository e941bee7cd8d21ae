import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../src/triggers/field-reader.ts';
import { readSource, readTarget } from '../../src/triggers/sides.ts';

describe('the sides of a trigger', () => {
  it('are streams where nothing is said', () => {
    expect(readSource(new FieldReader({ subject: 'a' }))).toEqual({ subject: 'a', type: 'stream' });
    expect(readTarget(new FieldReader({ subject: 'b' }))).toEqual({ subject: 'b', type: 'stream' });
  });

  it('are kept as they were given', () => {
    const source = {
      subject: 'a.>',
      type: 'stream',
      response_type: 'Chunked',
      chunk_size: 5,
      chunk_wait_ms: 50,
      name: 'orders',
      description: 'all of them',
      info_url: 'https://example.com/orders',
      advertise: true,
      allow_trace: false,
    };
    const target = {
      subject: 'b',
      account: 'other',
      type: 'service',
      local_subject: 'c',
      reply_subject: 'd',
      name: 'billing',
      share: true,
      allow_trace: true,
    };
    expect(readSource(new FieldReader(source))).toEqual(source);
    expect(readTarget(new FieldReader(target))).toEqual(target);
  });

  it('have no members but these', () => {
    const given = new FieldReader({ subject: 'a', local_subject: 'b' }, 'source');
    expect(() => readSource(given)).toThrow('source.local_subject');
  });
});
