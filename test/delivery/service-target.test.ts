import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceTarget, type ServiceTargetParts } from '../../src/delivery/service-target.ts';
import type { Origin, TargetStream } from '../../src/delivery/target.ts';
import type { Verdict } from '../../src/delivery/verdict.ts';
import type { Answer } from '../../src/services/answer.ts';
import type { Question, Service } from '../../src/services/service.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { newMessage, subject } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { wrapLogs } from '../support/wrapped-store.ts';

let nowMs = NOW_MS;
let asked: Question[];
let answer: Answer;
let replyVerdict: Verdict;
let replies: string[];

function answered(status: number, body = '', headers: readonly [string, string][] = []): Answer {
  const url = new URL('http://service.test/');
  return { kind: 'answered', status, headers: new Map(headers), url, body: Buffer.from(body) };
}

const service: Service = {
  ask: (question) => {
    asked.push(question);
    return Promise.resolve(answer);
  },
  askInParts: () => Promise.reject(new Error('nobody asks for parts')),
};

const replyTarget: TargetStream = {
  deliver: ([reply]) => {
    if (replyVerdict.kind === 'delivered') replies.push(String(reply?.body));
    return Promise.resolve(replyVerdict);
  },
};

function serviceTarget(more: Partial<ServiceTargetParts> = {}): ServiceTarget {
  return new ServiceTarget({
    services: { find: () => service },
    logs: new MemoryEngine({ bytesMax: 1 << 20, life: 'test' }),
    account: 'acme',
    trigger: { name: 'charge', id: 'trigger-1' },
    reply: { subject: subject('replies.all'), target: replyTarget },
    nowMs: () => nowMs,
    random: () => 0.5,
    signal: new AbortController().signal,
    ...more,
  });
}

const FIRST: Origin = { source: 'ORDERS', incarnation: 'one', at: 1, attempt: 1 };

function deliver(to: ServiceTarget, origin: Origin): Promise<Verdict> {
  return to.deliver([newMessage('billing.charge', '{}')], [], origin);
}

function idOf(question: Question | undefined): string | undefined {
  return question?.headers['webhook-id'];
}

beforeEach(() => {
  nowMs = NOW_MS;
  asked = [];
  replies = [];
  answer = answered(200, '"yes"');
  replyVerdict = { kind: 'delivered' };
});

describe('a service as a target', () => {
  it('is asked under one id for each attempt of a record', async () => {
    const target = serviceTarget();
    answer = answered(503);
    await deliver(target, FIRST);
    await deliver(serviceTarget(), { ...FIRST, attempt: 2 });
    expect(idOf(asked[1])).toBe(idOf(asked[0]));
  });

  it('is asked under another id where the source was made again under its name', async () => {
    const target = serviceTarget();
    await deliver(target, FIRST);
    await deliver(target, { ...FIRST, incarnation: 'two' });
    expect(asked).toHaveLength(2);
    expect(idOf(asked[1])).not.toBe(idOf(asked[0]));
  });

  it('keeps an answer that finds no room, and does not ask again', async () => {
    const target = serviceTarget();
    replyVerdict = { kind: 'waiting', reason: 'target-full' };
    expect(await deliver(target, FIRST)).toEqual(replyVerdict);
    replyVerdict = { kind: 'delivered' };
    expect(await deliver(target, { ...FIRST, attempt: 2 })).toEqual(replyVerdict);
    expect(asked).toHaveLength(1);
    expect(replies).toEqual(['"yes"']);
  });

  it('is not asked again where it cannot be stored that it has answered', async () => {
    const full = { kind: 'refused', reason: 'full' } as const;
    const memory = new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
    const logs = wrapLogs(memory, { commit: () => Promise.resolve(full) });
    const target = serviceTarget({ reply: undefined, logs });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const verdict = await deliver(target, { ...FIRST, attempt });
      expect(verdict).toEqual({ kind: 'waiting', reason: 'store-full' });
    }
    expect(asked).toHaveLength(1);
  });

  it('takes no answer to a record for that to the one which has its place now', async () => {
    const target = serviceTarget();
    replyVerdict = { kind: 'waiting', reason: 'target-full' };
    await deliver(target, FIRST);
    replyVerdict = { kind: 'delivered' };
    answer = answered(200, '"to the other"');
    await deliver(target, { ...FIRST, incarnation: 'two' });
    expect(replies).toEqual(['"to the other"']);
  });

  it('lets go of the answer to a record that was given up', async () => {
    const target = serviceTarget();
    replyVerdict = { kind: 'waiting', reason: 'target-missing' };
    await deliver(target, FIRST);
    await deliver(target, { ...FIRST, at: 2 });
    replyVerdict = { kind: 'delivered' };
    await deliver(target, FIRST);
    expect(asked).toHaveLength(3);
  });

  it('is left alone for as long as it asked, and no longer where the clock steps back', async () => {
    const target = serviceTarget();
    answer = answered(429, '', [['retry-after', '30']]);
    await deliver(target, FIRST);
    nowMs += 10_000;
    expect(await deliver(target, FIRST)).toMatchObject({
      reason: 'service-busy',
      retryAfterMs: 20_000,
    });
    nowMs -= 365 * 86_400_000;
    await deliver(target, FIRST);
    expect(asked).toHaveLength(2);
  });
});
