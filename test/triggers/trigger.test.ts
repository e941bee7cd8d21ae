import { describe, expect, it } from 'vitest';
import { isTriggerName } from '../../src/triggers/trigger.ts';

describe("a trigger's name", () => {
  it.each(['a', 'my-stream_trigger-9', 'x'.repeat(255)])('may be %s', (name) => {
    expect(isTriggerName(name)).toBe(true);
  });

  it.each(['', 'a.b', 'a b', 'ä', '*', 'x'.repeat(256), 'a\n'])('may not be %j', (name) => {
    expect(isTriggerName(name)).toBe(false);
  });
});
