import { describe, expect, it } from 'vitest';
import { cycleThrough } from '../../src/triggers/cycles.ts';
import { streamPlace, type Flow } from '../../src/triggers/flows.ts';

/** `acme:a.* > acme:b.*` */
function flow(text: string, name = text): Flow {
  const [from = '', to = ''] = text.split(' > ').map((side) => side.trim());
  return { name, from: side(from), to: side(to) };
}

function side(text: string): Flow['from'] {
  const [account = '', subject = ''] = text.split(':');
  return streamPlace(account, subject);
}

function through(own: string, ...others: string[]): readonly string[] | undefined {
  return cycleThrough(
    [flow(own, 'own')],
    others.map((other, index) => flow(other, `${index + 1}`)),
  );
}

describe('what a trigger delivers', () => {
  it.each([
    ['to its own source', 'acme:a > acme:a', [], ['own']],
    ['to a pattern of its source', 'acme:a.* > acme:a.b', [], ['own']],
    ['to a trigger that delivers to it', 'acme:a > acme:b', ['acme:b > acme:a'], ['own', '1']],
    [
      'to one, through wildcards, after another',
      'acme:a.* > acme:b.x',
      ['acme:b.> > other:c', 'other:* > acme:a.x'],
      ['own', '1', '2'],
    ],
  ])('comes back when it goes %s', (_how, own, others, path) => {
    expect(through(own, ...others)).toEqual(path);
  });

  it.each([
    ['another account has the same subjects', 'acme:a > other:a', []],
    ['others go in a circle without it', 'acme:a > acme:b', ['acme:c > acme:d', 'acme:d > acme:c']],
    ['it enters no other source', 'acme:a > acme:b', ['acme:b.c > acme:a']],
    [
      'others fork and join',
      'acme:a > acme:b',
      ['acme:b > acme:c', 'acme:b > acme:c', 'acme:c > acme:d'],
    ],
  ])('never comes back where %s', (_why, own, others) => {
    expect(through(own, ...others)).toBeUndefined();
  });

  it('is found to come back through thousands of triggers', () => {
    const chain = Array.from({ length: 2000 }, (_, i) => `acme:s${i + 1} > acme:s${i + 2}`);
    expect(through('acme:s0 > acme:s1', ...chain)).toBeUndefined();
    expect(through('acme:s0 > acme:s1', ...chain, 'acme:s2001 > acme:s0')).toHaveLength(2002);
  });
});
