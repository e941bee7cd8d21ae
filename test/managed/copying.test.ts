import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Copier } from '../../src/managed/copier.ts';
import { Copying } from '../../src/managed/copying.ts';
import { ManagedService } from '../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import type { GivenConfig } from '../../src/messages/given.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import { openEngine } from '../storage/engine-folder.ts';
import { newMessage, ns, origin, pattern, streamName } from '../support/managed.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { NOW_MS } from '../support/states.ts';

const ACCOUNT = 'acme';
const EU = streamName('EU');
const US = streamName('US');
const ALL = streamName('ALL');
const MIRROR = streamName('MIRROR');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let engine: EmbeddedEngine;
let copying: Copying;
let service: ManagedService;
let nowMs = NOW_MS;

async function open(): Promise<void> {
  engine = await openEngine(folder.path);
  const parts = { logs: engine, messages: engine.messages, nowMs: () => nowMs };
  copying = new Copying(parts, {
    onBlocked: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  const clock = { nowMs: () => nowMs };
  const trims = new SubjectTrims(engine.messages, engine);
  service = new ManagedService(engine.messages, clock, { replicasMax: 1 }, trims, (stored) => {
    copying.refresh(stored);
  });
  copying.start();
}

async function close(): Promise<void> {
  await copying.stop();
  await engine.close();
}

beforeEach(async () => {
  folder = await temporaryFolder();
  nowMs = NOW_MS;
  await open();
});

afterEach(async () => {
  await close();
  await folder.remove();
});

async function make(name: ReturnType<typeof streamName>, given: GivenConfig = {}): Promise<void> {
  expect(await service.create(ACCOUNT, name, given)).toEqual({ kind: 'done' });
}

async function publish(name: ReturnType<typeof streamName>, ...lines: string[]): Promise<void> {
  const outcome = await service.publish(ACCOUNT, name, {
    messages: lines.map((line) => {
      const [on = '', body = ''] = line.split(' ');
      return newMessage(on, body);
    }),
    messageId: undefined,
    expectedLastSeq: undefined,
    expectedLastSubjectSeq: undefined,
  });
  expect(outcome.kind).toBe('published');
}

async function linesOf(name: ReturnType<typeof streamName>): Promise<string[]> {
  const request = { search: pattern('>'), startSeq: 1, limit: 1000 };
  const found = await service.search(ACCOUNT, name, request);
  if (found.kind !== 'found') throw new Error(found.refusal.code);
  return found.messages.map(
    ({ seq, subject, body }) => `${String(seq)} ${subject} ${body.toString()}`,
  );
}

/** Resolves when the stream has come to its `lastSeq`-th message. */
async function reaches(name: ReturnType<typeof streamName>, lastSeq: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if ((service.get(ACCOUNT, name)?.lastSeq ?? 0) >= lastSeq) {
        unwatch();
        resolve();
      }
    };
    const unwatch = engine.messages.watchManaged(`${ACCOUNT}\0${name}`, look);
    look();
  });
}

describe('a mirror', () => {
  it('has what its origin has, under the same sequences and times, and what comes', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1', 'eu.b 2');
    await service.removeMessages(ACCOUNT, EU, [1]);
    nowMs += 5000;
    await make(MIRROR, { mirror: origin('EU') });
    await publish(EU, 'eu.a 3');
    await reaches(MIRROR, 3);
    expect(await linesOf(MIRROR)).toEqual(['2 eu.b 2', '3 eu.a 3']);
    const found = await service.message(ACCOUNT, MIRROR, 2);
    expect(found).toMatchObject({ messages: [{ createdAtMs: NOW_MS }] });
  });

  it('takes nothing else', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(MIRROR, { mirror: origin('EU') });
    const outcome = await service.publish(ACCOUNT, MIRROR, {
      messages: [newMessage('eu.a')],
      messageId: undefined,
      expectedLastSeq: undefined,
      expectedLastSubjectSeq: undefined,
    });
    expect(outcome).toEqual({ kind: 'refused', refusal: { code: 'mirror' } });
  });

  it('takes only what its filter matches, from where it is told to', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1', 'eu.b 2', 'eu.a 3', 'eu.b 4', 'eu.a 5');
    const mirror = origin('EU', { filterSubject: pattern('eu.a'), startSeq: 2 });
    await make(MIRROR, { mirror });
    await reaches(MIRROR, 5);
    expect(await linesOf(MIRROR)).toEqual(['3 eu.a 3', '5 eu.a 5']);
  });

  it('goes on after a stop where it was', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(MIRROR, { mirror: origin('EU') });
    await publish(EU, 'eu.a 1', 'eu.b 2');
    await reaches(MIRROR, 2);
    await copying.stop();
    await publish(EU, 'eu.c 3');
    await close();
    await open();
    await reaches(MIRROR, 3);
    expect(await linesOf(MIRROR)).toEqual(['1 eu.a 1', '2 eu.b 2', '3 eu.c 3']);
  });

  it('may be made before its origin', async () => {
    await make(MIRROR, { mirror: origin('EU') });
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1');
    await reaches(MIRROR, 1);
    expect(await linesOf(MIRROR)).toEqual(['1 eu.a 1']);
  });
});

describe('a stream with sources', () => {
  it('has what arrives on each, in the order of each, besides what is published', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(US, { subjects: [pattern('us.>')] });
    await publish(EU, 'eu.a 1', 'eu.a 2', 'eu.a 3');
    await publish(US, 'us.a 1', 'us.a 2');
    await make(ALL, { subjects: [pattern('all.>')], sources: [origin('EU'), origin('US')] });
    await publish(ALL, 'all.a 1');
    await reaches(ALL, 6);
    const lines = (await linesOf(ALL)).map((line) => line.replace(/^\d+ /, ''));
    expect(lines.filter((line) => line.startsWith('eu'))).toEqual(['eu.a 1', 'eu.a 2', 'eu.a 3']);
    expect(lines.filter((line) => line.startsWith('us'))).toEqual(['us.a 1', 'us.a 2']);
    expect(lines).toHaveLength(6);
  });

  it('neither misses nor repeats anything over stops, at whatever point they come', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(ALL, { sources: [origin('EU', { filterSubject: pattern('eu.a') })] });
    const expected: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const lines = Array.from({ length: 5 }, (_, index) => `eu.a ${String(round * 5 + index)}`);
      await publish(EU, ...lines, 'eu.b 0');
      expected.push(...lines);
      if (round % 2 === 0) await reaches(ALL, expected.length);
      await close();
      await open();
    }
    await reaches(ALL, expected.length);
    const lines = (await linesOf(ALL)).map((line) => line.replace(/^\d+ /, ''));
    expect(lines).toEqual(expected);
  });

  it('takes a source that was deleted and made anew from its beginning', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1', 'eu.a 2');
    await make(ALL, { sources: [origin('EU')] });
    await reaches(ALL, 2);
    await service.remove(ACCOUNT, EU);
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 3');
    await reaches(ALL, 3);
    expect(await linesOf(ALL)).toEqual(['1 eu.a 1', '2 eu.a 2', '3 eu.a 3']);
  });

  it('begins a source at a time', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    for (let index = 1; index <= 9; index += 1) {
      nowMs += 1000;
      await publish(EU, `eu.a ${String(index)}`);
    }
    await make(ALL, { sources: [origin('EU', { startAtMs: NOW_MS + 6500 })] });
    await reaches(ALL, 3);
    expect(await linesOf(ALL)).toEqual(['1 eu.a 7', '2 eu.a 8', '3 eu.a 9']);
  });

  it('begins at a time, though most of what came before was removed', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1', ...Array.from({ length: 18_000 }, () => 'eu.gone 0'), 'eu.a 2');
    nowMs += 1000;
    await publish(EU, 'eu.a 3');
    const request = { keep: undefined, upToSequence: undefined, subject: pattern('eu.gone') };
    expect(await service.purge(ACCOUNT, EU, request)).toEqual({ kind: 'done' });
    await make(ALL, { sources: [origin('EU', { startAtMs: nowMs })] });
    await publish(EU, 'eu.a 4');
    await reaches(ALL, 2);
    expect(await linesOf(ALL)).toEqual(['1 eu.a 3', '2 eu.a 4']);
  });

  it('takes what it has room for, and the rest when there is more', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1', 'eu.a 2', 'eu.a 3', 'eu.a 4');
    await make(ALL, { sources: [origin('EU')], discard: 'new', messagesMax: 3 });
    await reaches(ALL, 3);
    expect(await linesOf(ALL)).toEqual(['1 eu.a 1', '2 eu.a 2', '3 eu.a 3']);
    await service.put(ACCOUNT, ALL, { messagesMax: 10 });
    await reaches(ALL, 4);
    expect(await linesOf(ALL)).toEqual(['1 eu.a 1', '2 eu.a 2', '3 eu.a 3', '4 eu.a 4']);
  });

  it('waits while it is full, and then goes on', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await publish(EU, 'eu.a 1', 'eu.a 2', 'eu.a 3');
    await make(ALL, { sources: [origin('EU')], discard: 'new', messagesMax: 2 });
    await service.put(ACCOUNT, ALL, { messagesMax: 10, maxAgeNs: ns(60_000) });
    await reaches(ALL, 3);
    expect(await linesOf(ALL)).toEqual(['1 eu.a 1', '2 eu.a 2', '3 eu.a 3']);
  });

  it('copies nothing twice and misses nothing when another copy is quicker', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await copying.stop();
    await make(ALL, { sources: [origin('EU')] });
    await copying.stop();
    const head = engine.messages.managed(`${ACCOUNT}\0ALL`);
    if (head === undefined) throw new Error('there is no stream');
    const parts = { logs: engine, messages: engine.messages, nowMs: () => nowMs };
    const [one, other] = [
      new Copier(parts, head, origin('EU')),
      new Copier(parts, head, origin('EU')),
    ];
    await publish(EU, 'eu.a 1');
    expect([await one.step(), await other.step()]).toEqual(['done', 'done']);
    await publish(EU, 'eu.a 2');
    // Both have read the same message before either has stored it.
    await Promise.all([one.step(), other.step()]);
    await publish(EU, 'eu.a 3');
    // The slower one goes on alone.
    while ((await other.step()) === 'copied');
    expect(await linesOf(ALL)).toEqual(['1 eu.a 1', '2 eu.a 2', '3 eu.a 3']);
  });

  it('leaves no cursors behind', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(ALL, { sources: [origin('EU')] });
    await publish(EU, 'eu.a 1');
    await reaches(ALL, 1);
    const cursors = (): number => engine.list({ prefix: 'c', after: undefined, limit: 9 }).length;
    expect(cursors()).toBe(1);
    await service.remove(ACCOUNT, ALL);
    await copying.stop();
    await expect.poll(cursors).toBe(0);
  });
});

describe('streams that copy in a circle', () => {
  it('are refused, however long it is', async () => {
    await make(EU, { subjects: [pattern('eu.>')] });
    await make(US, { subjects: [pattern('us.>')], sources: [origin('EU')] });
    await make(ALL, { sources: [origin('US')] });
    expect(await service.put(ACCOUNT, EU, { sources: [origin('ALL')] })).toEqual({
      kind: 'refused',
      refusal: { code: 'origin-cycle', stream: 'EU' },
    });
  });
});
