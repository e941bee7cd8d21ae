import { describe, expect, it } from 'vitest';
import { parseDateTime } from '../../src/protocol/date-time.ts';

describe('a date and time', () => {
  it('is read as milliseconds since 1970, wherever it was written', () => {
    expect(parseDateTime('2030-01-01T00:00:00Z')).toBe(Date.UTC(2030, 0, 1));
    expect(parseDateTime('2030-01-01t01:30:00.5+01:30')).toBe(Date.UTC(2030, 0, 1) + 500);
  });

  it('before 1970 is 1970', () => {
    expect(parseDateTime('1900-01-01T00:00:00Z')).toBe(0);
  });

  it.each([
    '2030-02-30T00:00:00Z',
    '2030-01-01',
    '2030-01-01T24:00:00Z',
    '2030-01-01T00:00:00',
    '',
  ])('is not %j', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });
});
