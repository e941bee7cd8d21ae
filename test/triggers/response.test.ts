import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../src/triggers/field-reader.ts';
import { readGivenResponse, responseOf } from '../../src/triggers/response.ts';

describe('the form that a source is carried in', () => {
  it.each([
    ['stream', undefined, 'stream'],
    ['service', undefined, 'singleton'],
    ['stream', 'Singleton', 'singleton'],
    ['service', 'Stream', 'stream'],
    ['service', 'Chunked', 'chunked'],
  ] as const)('of type %s and response_type %s is %s', (type, responseType, kind) => {
    const given = responseType === undefined ? {} : { response_type: responseType };
    expect(responseOf({ subject: 'a', type, ...given }).kind).toBe(kind);
  });

  it('has pages of 100 that wait for a second, where nothing else is said', () => {
    expect(responseOf({ subject: 'a', type: 'stream', response_type: 'Chunked' })).toEqual({
      kind: 'chunked',
      chunkSize: 100,
      chunkWaitMs: 1000,
    });
  });

  it.each([
    [{ response_type: 'Chunked', chunk_size: 0 }, 'chunk_size'],
    [{ response_type: 'Chunked', chunk_size: 1001 }, 'chunk_size'],
    [{ response_type: 'Chunked', chunk_size: '5' }, 'chunk_size'],
    [{ response_type: 'Chunked', chunk_wait_ms: 0.5 }, 'chunk_wait_ms'],
    [{ response_type: 'Chunked', chunk_wait_ms: 600_001 }, 'chunk_wait_ms'],
    [{ chunk_size: 5 }, 'chunk_size'],
  ])('takes no %j', (given, field) => {
    const fields = new FieldReader(given, 'source');
    expect(() => readGivenResponse(fields, 'stream')).toThrow(`source.${field}`);
  });
});
