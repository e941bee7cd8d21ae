import { describe, expect, it } from 'vitest';
import type { ManagedConfig } from '../../src/messages/config.ts';
import { conflictWith } from '../../src/messages/beside.ts';
import { managedConfig, origin, pattern, streamName } from '../support/managed.ts';

function stream(name: string, ...subjects: readonly string[]): ManagedConfig {
  return managedConfig({ name: streamName(name), subjects: subjects.map(pattern) });
}

describe('the subjects of a stream', () => {
  const others = [stream('A', 'a.>', 'x.*'), stream('B', 'b'), stream('C', 'c.*.d')];

  it.each([
    { subjects: ['d', 'a'], with: undefined },
    { subjects: ['x.y.z', 'b.b', 'c.d'], with: undefined },
    { subjects: ['d', 'a.b'], with: { stream: 'A', subject: 'a.b' } },
    { subjects: ['d', '*'], with: { stream: 'B', subject: '*' } },
    { subjects: ['>'], with: { stream: 'A', subject: '>' } },
    { subjects: ['*.y.d'], with: { stream: 'A', subject: '*.y.d' } },
    { subjects: ['c.*.*'], with: { stream: 'C', subject: 'c.*.*' } },
  ])('$subjects overlap with $with', ({ subjects, with: shared }) => {
    const expected = shared && { code: 'subjects-overlap', ...shared };
    expect(conflictWith(stream('NEW', ...subjects), others)).toEqual(expected);
  });

  it('may be those that the stream itself has now', () => {
    expect(conflictWith(stream('A', 'a.b', 'x.>'), others)).toBe(undefined);
    expect(conflictWith(stream('A', 'b'), others)).toMatchObject({ stream: 'B' });
  });

  it('are none where it is a mirror', () => {
    const mirror = { ...stream('M'), subjects: [], mirror: origin('A') };
    expect(conflictWith(mirror, others)).toBe(undefined);
    expect(conflictWith(stream('NEW', '>'), [mirror])).toBe(undefined);
  });
});
