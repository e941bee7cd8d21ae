import { describe, expect, it } from 'vitest';
import { DUPLICATE_WINDOW_NS, isStreamName, NS_PER_MS } from '../../src/messages/config.ts';
import { isSubject } from '../../src/subjects/subject.ts';

describe('the name of a managed stream', () => {
  const fine = ['a', 'ORDERS', 'quiva-trigger-config', '_', '-', '0', 'a'.repeat(255)];

  it.each(fine)('may be %j, and is a subject of one token', (name) => {
    expect(isStreamName(name)).toBe(true);
    expect(isSubject(name)).toBe(true);
    expect(name).not.toContain('.');
  });

  it.each(['', 'a'.repeat(256), 'a.b', 'a b', 'a/b', 'é', 'a*', '>', 'a\n', '\na', 'a\0', '%41'])(
    'is not %j',
    (name) => {
      expect(isStreamName(name)).toBe(false);
    },
  );
});

describe('what is left out of a configuration', () => {
  it('is a duplicate window of two minutes', () => {
    expect(DUPLICATE_WINDOW_NS / NS_PER_MS).toBe(2 * 60 * 1000);
  });
});
