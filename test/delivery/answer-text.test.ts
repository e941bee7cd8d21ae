import { describe, expect, it } from 'vitest';
import { jsonOf } from '../../src/delivery/answer-text.ts';

describe('what a service has said', () => {
  it.each([
    ['{"a": 1}', '{"a": 1}'],
    // Streams of JSON take a value to end where its text does.
    ['{"a":1}\n', '{"a":1}'],
    ['\r\n [1]\t', '[1]'],
    ['plain\n', '"plain\\n"'],
    ['{"a":', '"{\\"a\\":"'],
    ['', 'null'],
    [' \n', 'null'],
  ])('as %j is the value %j', (said, value) => {
    expect(jsonOf(Buffer.from(said)).toString()).toBe(value);
  });

  it('is text as far as it is UTF-8', () => {
    const said = jsonOf(Buffer.from([0x22, 0xff, 0x22]));
    expect(said.toString('utf8')).toBe('"\ufffd"');
    expect(Buffer.from(said.toString('utf8')).equals(said)).toBe(true);
  });
});
