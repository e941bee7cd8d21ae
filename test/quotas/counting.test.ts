import { describe, expect, it } from 'vitest';
import { ManagedService } from '../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import { isContentType } from '../../src/protocol/content-type.ts';
import { position } from '../../src/protocol/offset.ts';
import { CountedLogs } from '../../src/quotas/counted-logs.ts';
import { CountedMessages } from '../../src/quotas/counted-messages.ts';
import { HeldByAccount, type Held } from '../../src/quotas/held.ts';
import { openQuotas } from '../../src/quotas/open-quotas.ts';
import { Quota } from '../../src/quotas/quota.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import {
  DataCorrupt,
  type Listed,
  type ListRequest,
  type LogStore,
} from '../../src/storage/port.ts';
import { streamRef } from '../../src/streams/names.ts';
import { StreamService } from '../../src/streams/stream-service.ts';
import { newMessage, pattern, streamName } from '../support/managed.ts';
import { Random } from '../support/random.ts';
import { NOW_MS } from '../support/states.ts';
import { LIMITS, PLAIN } from '../support/stream-requests.ts';

const ACCOUNTS = ['acme', 'other'];
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const ENDLESS = { accountStreamsMax: 1e9, accountBytesMax: 1e12 };
const NO_BODY = Buffer.alloc(0);
const TEXT = contentType('text/plain');

function contentType(text: string): NonNullable<typeof PLAIN.contentType> {
  if (!isContentType(text)) throw new Error(`not a content type: ${text}`);
  return text;
}

function engine(): MemoryEngine {
  return new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
}

function refOf(account: string, stream: string): ReturnType<typeof streamRef> {
  return streamRef(account, { kind: 'base', stream });
}

/** What a start would count. */
async function recounted(store: LogStore, messages: MessageStore): Promise<Map<string, Held>> {
  const counts = new HeldByAccount();
  for (const { name, head } of await store.list({ prefix: 's', after: undefined, limit: 1000 })) {
    counts.add(name.slice(1, name.indexOf('\0')), 1, head.tail - head.start);
  }
  for (const { name, bytes } of messages.managedStreams('')) {
    counts.add(name.slice(0, name.indexOf('\0')), 1, bytes);
  }
  return new Map(ACCOUNTS.map((account) => [account, { ...counts.of(account) }]));
}

class Counted {
  nowMs = NOW_MS;
  readonly engine = engine();
  readonly held = new HeldByAccount();
  readonly store: CountedLogs;
  readonly messages: CountedMessages;
  readonly streams: StreamService;
  readonly managed: ManagedService;

  constructor() {
    const quota = new Quota(this.held, ENDLESS);
    const clock = { nowMs: () => this.nowMs };
    this.store = new CountedLogs(this.engine, this.held);
    this.messages = new CountedMessages(this.engine.messages, this.held, quota);
    this.streams = new StreamService(this.store, clock, LIMITS, quota);
    const trims = new SubjectTrims(this.messages, this.store);
    this.managed = new ManagedService(this.messages, clock, { replicasMax: 1 }, trims);
  }

  /** The count that was kept, and the one that a start would make. */
  async expectNoDrift(): Promise<void> {
    const kept = new Map(ACCOUNTS.map((account) => [account, { ...this.held.of(account) }]));
    expect(kept).toEqual(await recounted(this.engine, this.engine.messages));
  }
}

/** Something that a client, or the server by itself, does to durable streams. */
async function touchDurable({ streams, store, engine }: Counted, random: Random): Promise<void> {
  const account = random.pick(ACCOUNTS) ?? '';
  const stream = random.pick(NAMES) ?? '';
  const ref = refOf(account, stream);
  const body = Buffer.alloc(random.between(1, 50), 'x');
  const create = async (fork: boolean): Promise<unknown> => {
    const sourcePath = `/v1/stream/${random.pick(NAMES) ?? ''}`;
    const expiry = random.chance(0.5) ? ({ kind: 'ttl', seconds: 5 } as const) : undefined;
    const request = fork
      ? { ...PLAIN, expiry, fork: { sourcePath, at: undefined, sub: 0 } }
      : { ...PLAIN, contentType: TEXT, expiry };
    return streams.create(ref, request, body);
  };
  const trim = async (): Promise<unknown> => {
    const head = engine.latest(ref.name);
    if (head === undefined) return;
    const before = position(head.start + random.between(0, head.tail - head.start));
    return store.commit([{ kind: 'trim', name: ref.name, expected: head.version, before }]);
  };
  await random.weighted<() => Promise<unknown>>([
    [4, () => create(false)],
    [3, () => create(true)],
    [8, () => streams.append(ref, { ...PLAIN, contentType: TEXT }, body)],
    [1, () => streams.append(ref, { ...PLAIN, closes: true }, Buffer.alloc(0))],
    [3, () => streams.remove(ref, undefined)],
    [3, () => streams.expire(ref.name)],
    [1, trim],
  ])();
}

/** Something that a client, or the server by itself, does to managed streams. */
async function touchManaged(counted: Counted, random: Random): Promise<void> {
  const { managed, messages } = counted;
  const account = random.pick(ACCOUNTS) ?? '';
  const name = streamName(random.pick(NAMES) ?? '');
  const subjects = [pattern(`${name}.>`)];
  const batch = Array.from({ length: random.between(1, 3) }, (_, index) =>
    newMessage(`${name}.${index}`, '"'.padEnd(random.between(2, 30), 'x')),
  );
  const publishing = {
    messages: batch,
    messageId: random.chance(0.3) ? 'again' : undefined,
    expectedLastSeq: undefined,
    expectedLastSubjectSeq: undefined,
  };
  const bytesMax = random.between(20, 200);
  const purge = { keep: random.between(0, 2), upToSequence: undefined, subject: undefined };
  await random.weighted<() => Promise<unknown>>([
    [4, () => managed.put(account, name, { subjects })],
    [2, () => managed.put(account, name, { subjects, bytesMax })],
    [8, () => managed.publish(account, name, publishing)],
    [2, () => managed.removeMessages(account, name, [random.between(1, 5), 2])],
    [1, () => managed.purge(account, name, purge)],
    [1, () => messages.enforce(`${account}\0${name}`, counted.nowMs, 1)],
    [2, () => managed.remove(account, name)],
  ])();
}

describe('what is counted by what commits do', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is what a start would count (%i)', async (seed) => {
    const random = new Random(seed);
    const counted = new Counted();
    for (let round = 0; round < 100; round += 1) {
      await Promise.all(
        Array.from({ length: random.between(1, 5) }, () =>
          random.chance(0.6) ? touchDurable(counted, random) : touchManaged(counted, random),
        ),
      );
      if (random.chance(0.1)) counted.nowMs += 3000;
      await counted.expectNoDrift();
    }
    const total = ACCOUNTS.map((account) => counted.held.of(account).streams);
    expect(Math.max(...total)).toBeGreaterThan(0);
  });

  it('is none of what a full store refuses', async () => {
    const held = new HeldByAccount();
    const full = new MemoryEngine({ bytesMax: 500, life: 'test' });
    const store = new CountedLogs(full, held);
    const streams = new StreamService(store, { nowMs: () => NOW_MS }, LIMITS);
    const ref = refOf('acme', 'a');
    await streams.create(ref, { ...PLAIN, contentType: TEXT }, Buffer.from('x'));
    const request = { ...PLAIN, contentType: TEXT };
    const outcome = await streams.append(ref, request, Buffer.alloc(5000));
    expect(outcome).toMatchObject({ refusal: { code: 'storage-full' } });
    expect(held.of('acme')).toEqual({ streams: 1, bytes: 1 });
  });
});

describe('what is asked for at the same time', () => {
  it('does not exceed a limit together', async () => {
    const store = engine();
    const limits = { accountStreamsMax: 3, accountBytesMax: 10 };
    const opened = await openQuotas({ store, messages: store.messages }, limits);
    const clock = { nowMs: () => NOW_MS };
    const streams = new StreamService(opened.store, clock, LIMITS, opened.quota);
    const trims = new SubjectTrims(opened.messages, opened.store);
    const managed = new ManagedService(opened.messages, clock, { replicasMax: 1 }, trims);
    const request = { ...PLAIN, contentType: TEXT };
    await streams.create(refOf('acme', 'a'), request, Buffer.from('x'));
    const created = await Promise.all([
      ...['b', 'c', 'd'].map((name) => streams.create(refOf('acme', name), request, NO_BODY)),
      ...['e', 'f', 'g'].map((name) => managed.put('acme', streamName(name), {})),
    ]);
    expect(created.filter(({ kind }) => kind !== 'refused')).toHaveLength(2);
    const appended = await Promise.all(
      Array.from({ length: 10 }, () =>
        streams.append(refOf('acme', 'a'), request, Buffer.from('x')),
      ),
    );
    expect(appended.filter(({ kind }) => kind === 'appended')).toHaveLength(9);
  });
});

/** Some of its heads cannot be read, when they are listed. */
class DamagedEngine extends MemoryEngine {
  readonly #damaged: readonly string[];

  constructor(damaged: readonly string[]) {
    super({ bytesMax: 1 << 20, life: 'test' });
    this.#damaged = damaged;
  }

  override list(request: ListRequest): Listed[] {
    const page = super.list(request);
    const bad = page.find(({ name }) => this.#damaged.includes(name));
    if (bad !== undefined) throw new DataCorrupt('a bit has flipped', bad.name);
    return page;
  }
}

describe('a start', () => {
  it('neither counts nor stands between anything where no limit is set', async () => {
    const store = engine();
    const without = { accountStreamsMax: 0, accountBytesMax: 0 };
    const opened = await openQuotas({ store, messages: store.messages }, without);
    expect(opened).toEqual({ store, messages: store.messages, quota: undefined });
    expect(opened.store).toBe(store);
  });

  it('counts more streams than fit on a page', async () => {
    const { streams, engine: filled } = new Counted();
    for (let count = 0; count < 600; count += 1) {
      await streams.create(refOf('acme', `s${count}`), PLAIN, Buffer.from('xy'));
    }
    const limits = { accountStreamsMax: 600, accountBytesMax: 1300 };
    const { quota } = await openQuotas({ store: filled, messages: filled.messages }, limits);
    expect(quota?.refusal('acme', { streams: 1, bytes: 0 })).toBeDefined();
    expect(quota?.room('acme')?.bytesLeft).toBe(100);
  });

  it('counts around streams that are damaged', async () => {
    const damaged = new DamagedEngine(['a', 'c', 'd', 'f'].map((name) => refOf('acme', name).name));
    const streams = new StreamService(damaged, { nowMs: () => NOW_MS }, LIMITS);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await streams.create(refOf('acme', name), PLAIN, Buffer.from('xy'));
    }
    const limits = { accountStreamsMax: 3, accountBytesMax: 100 };
    const { quota } = await openQuotas({ store: damaged, messages: damaged.messages }, limits);
    expect(quota?.room('acme')?.bytesLeft).toBe(96);
    expect(quota?.refusal('acme', { streams: 1, bytes: 0 })).toBeUndefined();
  });
});
