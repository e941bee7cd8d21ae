import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../src/triggers/field-reader.ts';
import { onErrorOf, readGivenOnError } from '../../src/triggers/on-error.ts';

describe('what becomes of a record that is not taken', () => {
  it.each([
    [{}, { kind: 'block' }],
    [{ on_error: 'block' }, { kind: 'block' }],
    [{ on_error: 'skip' }, { kind: 'skip', attemptsMax: 5 }],
    [
      { on_error: 'dead_letter', max_attempts: 9 },
      { kind: 'dead_letter', attemptsMax: 9 },
    ],
  ])('of %j is %j', (given, onError) => {
    expect(onErrorOf(readGivenOnError(new FieldReader(given)))).toEqual(onError);
  });

  it.each([
    [{ on_error: 'drop' }, 'on_error'],
    [{ on_error: 'skip', max_attempts: 0 }, 'max_attempts'],
    [{ on_error: 'skip', max_attempts: 1001 }, 'max_attempts'],
    // Nothing is tried a last time where nothing may be passed over.
    [{ on_error: 'block', max_attempts: 3 }, 'max_attempts'],
    [{ max_attempts: 3 }, 'max_attempts'],
  ])('is not %j', (given, field) => {
    expect(() => readGivenOnError(new FieldReader(given))).toThrow(field);
  });
});
