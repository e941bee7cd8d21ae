import { beforeEach, describe, expect, it } from 'vitest';
import { CapturingStream } from '../../src/delivery/capturing-stream.ts';
import { ConfigStream } from '../../src/delivery/config-stream.ts';
import { ManagedService } from '../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { pattern, streamName, subject } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';

const clock = { nowMs: () => NOW_MS };

let engine: MemoryEngine;
let managed: ManagedService;
let capturing: CapturingStream;

beforeEach(() => {
  engine = new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
  const trims = new SubjectTrims(engine.messages, engine);
  managed = new ManagedService(engine.messages, clock, { replicasMax: 1 }, trims);
  capturing = new CapturingStream(engine.messages, 'acme');
});

function put(account: string, name: string, ...subjects: string[]): Promise<unknown> {
  return managed.put(account, streamName(name), { subjects: subjects.map(pattern) });
}

function found(text: string): string | undefined {
  return capturing.find(subject(text))?.config.name;
}

describe('the stream that captures a subject', () => {
  it('is one of the account, whichever it is at the time', async () => {
    await put('other', 'theirs', 'orders.>');
    expect(found('orders.a')).toBeUndefined();
    await put('acme', 'one', 'orders.a', 'more.*');
    await put('acme', 'two', 'orders.b');
    expect([found('orders.a'), found('more.x'), found('orders.b')]).toEqual(['one', 'one', 'two']);
    await put('acme', 'one', 'more.*');
    expect(found('orders.a')).toBeUndefined();
    await put('acme', 'two', 'orders.*');
    expect(found('orders.a')).toBe('two');
    await managed.remove('acme', streamName('two'));
    expect(found('orders.a')).toBeUndefined();
  });

  it('is never the one that has the configurations', async () => {
    await new ConfigStream(
      { messages: engine.messages, onStreamMade: () => undefined },
      clock.nowMs,
    ).ensure('acme');
    expect(found('ms.trigger.stream.forged')).toBeUndefined();
  });
});
