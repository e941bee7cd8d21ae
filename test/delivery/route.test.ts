import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManagedConfig, NewMessage } from '../../src/messages/config.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import { ManagedSource } from '../../src/delivery/managed-source.ts';
import { ManagedTarget } from '../../src/delivery/managed-target.ts';
import { Completion } from '../../src/delivery/completion.ts';
import { DeadLetters } from '../../src/delivery/dead-letters.ts';
import { PagedTarget } from '../../src/delivery/paged-target.ts';
import type { Shape } from '../../src/delivery/read-ahead.ts';
import { Route, type RouteParts, type StepOutcome } from '../../src/delivery/route.ts';
import { newMessage, pattern, streamName, subject, triggerName } from '../support/managed.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { NOW_MS } from '../support/states.ts';
import { wrapLogs, wrapStore } from '../support/wrapped-store.ts';
import { openEngine } from '../storage/engine-folder.ts';
import { lineOf, OTHER, STREAM, Streams } from '../storage/messages/streams.ts';

const LATE = 'acme\0LATE';

/** `orders.eu` becomes `copied.eu`, `orders.not` nothing. */
const toCopied: Shape = ({ subject: from, body }) => {
  if (from === 'orders.not') return { kind: 'filtered' };
  if (body.toString() === 'unfit') return { kind: 'fault', reason: 'body-unfit' };
  return { kind: 'message', subject: subject(from.replace('orders', 'copied')), body };
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let engine: EmbeddedEngine;
let streams: Streams;
let route: Route;

/** As the server's clock has it. */
let nowMs = NOW_MS;

function routeOver(
  messages: MessageStore,
  shape = toCopied,
  more: Partial<RouteParts> = {},
): Route {
  return new Route({
    logs: engine,
    source: new ManagedSource(messages, STREAM, pattern('orders.>')),
    target: new ManagedTarget(messages, 'acme', () => NOW_MS),
    shape,
    batch: { messagesMax: 1000, waitMs: 0 },
    onError: { kind: 'block' },
    keepsAttempts: false,
    deadLetters: new DeadLetters({
      trigger: triggerName('copying'),
      target: new ManagedTarget(messages, 'acme', () => NOW_MS),
      ensure: () => Promise.resolve(),
      nowMs: () => NOW_MS,
    }),
    completion: new Completion(engine, 'pdone', more.isSingle === true),
    isSingle: false,
    progressName: 'ptrigger',
    first: () => Promise.resolve(1),
    onProgress: () => undefined,
    nowMs: () => nowMs,
    ...more,
  });
}

async function open(): Promise<void> {
  engine = await openEngine(folder.path);
  streams = new Streams(engine.messages);
  route = routeOver(engine.messages);
}

async function restart(): Promise<void> {
  await engine.close();
  await open();
}

beforeEach(async () => {
  folder = await temporaryFolder();
  await open();
  await streams.configure();
});

afterEach(async () => {
  await engine.close();
  await folder.remove();
});

function copies(special: Partial<ManagedConfig> = {}, ...subjects: string[]): Promise<unknown> {
  const captured = subjects.length === 0 ? ['copied.>'] : subjects;
  return streams.configure(
    { name: streamName('LOGS'), subjects: captured.map(pattern), ...special },
    OTHER,
  );
}

function publish(...bodies: string[]): Promise<unknown> {
  return streams.publish(bodies.map((body) => newMessage('orders.eu', body)));
}

/** Steps on until there is nothing more to do at once. */
async function run(of = route): Promise<StepOutcome> {
  for (;;) {
    const outcome = await of.step();
    if (outcome.kind !== 'moved-on') return outcome;
  }
}

function copied(): Promise<string[]> {
  return streams.all({}, OTHER).then((all) => all.map(lineOf));
}

describe('a route from a source to a target', () => {
  it('carries what is there and what comes, in its order, and leaves out what is filtered', async () => {
    await copies();
    await streams.publishLines('orders.eu 1', 'orders.not 2', 'orders.us 3');
    expect(await run()).toEqual({ kind: 'caught-up' });
    await publish('4');
    expect(await run()).toEqual({ kind: 'caught-up' });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.us 3', '3 copied.eu 4']);
    expect(route.progress).toMatchObject({ next: 5, delivered: 3, filtered: 1, missed: 0 });
  });

  it('goes on after a restart where it was, once each', async () => {
    await copies();
    await publish('1', '2');
    await run();
    await restart();
    await publish('3');
    await run();
    await engine.checkpoint();
    await restart();
    await run();
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2', '3 copied.eu 3']);
    expect(route.progress).toMatchObject({ next: 4, delivered: 3 });
  });

  it('carries each record once though two of them do the same work', async () => {
    await copies();
    await publish(...Array.from({ length: 50 }, (_, index) => String(index)));
    const other = routeOver(engine.messages);
    await Promise.all([run(), run(other)]);
    await publish('last');
    await Promise.all([run(), run(other)]);
    expect(await copied()).toHaveLength(51);
  });

  it('waits for a target that is not there, and then carries all of it', async () => {
    await publish('1', '2');
    expect(await run()).toEqual({ kind: 'waiting', reason: 'target-missing' });
    await copies();
    expect(await run()).toEqual({ kind: 'caught-up' });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2']);
  });

  it('carries what comes before a record that has no target yet, and no more', async () => {
    await copies({}, 'copied.eu');
    await streams.publishLines('orders.eu 1', 'orders.eu 2', 'orders.us 3', 'orders.eu 4');
    expect(await run()).toEqual({ kind: 'waiting', reason: 'target-missing' });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2']);
    await streams.configure({ name: streamName('LATE'), subjects: [pattern('copied.us')] }, LATE);
    expect(await run()).toEqual({ kind: 'caught-up' });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2', '3 copied.eu 4']);
  });

  it('fills a target that refuses new ones, and waits for room', async () => {
    await copies({ messagesMax: 3, discard: 'new' });
    await publish('1', '2', '3', '4', '5');
    expect(await run()).toEqual({ kind: 'waiting', reason: 'target-full' });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2', '3 copied.eu 3']);
    await engine.messages.removeMessages(OTHER, [1, 2], 'delete');
    expect(await run()).toEqual({ kind: 'caught-up' });
    expect(await copied()).toEqual(['3 copied.eu 3', '4 copied.eu 4', '5 copied.eu 5']);
  });

  it('stops at a record that the target will never take, with what comes before it carried', async () => {
    await copies({ messageBytesMax: 3 });
    await publish('1', '22', '55555', '4');
    expect(await run()).toEqual({ kind: 'fault', reason: 'record-too-large', at: 3 });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 22']);
    await copies({});
    expect(await run()).toEqual({ kind: 'caught-up' });
  });

  it('stops at a record that nothing can be made of, and carries those before it', async () => {
    await copies();
    await publish('1', '2', 'unfit', '4');
    expect(await run()).toEqual({ kind: 'fault', reason: 'body-unfit', at: 3 });
    expect(await run()).toEqual({ kind: 'fault', reason: 'body-unfit', at: 3 });
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2']);
  });

  it('tells how many retention took before it came to them', async () => {
    await streams.configure({ messagesMax: 2 });
    await publish('1', '2', '3', '4', '5');
    await copies();
    await run();
    expect(await copied()).toEqual(['1 copied.eu 4', '2 copied.eu 5']);
    expect(route.progress).toMatchObject({ missed: 3, delivered: 2 });
  });

  it('begins anew in a stream that was deleted and made again', async () => {
    await copies();
    await publish('1', '2');
    await run();
    await engine.messages.dropManaged(STREAM);
    expect(await route.step()).toEqual({ kind: 'waiting', reason: 'source-missing' });
    await streams.configure();
    await publish('new');
    await run();
    expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 2', '3 copied.eu new']);
  });

  it('carries nothing of a stream that took the name while it was read', async () => {
    await copies();
    await publish('old');
    let isTaken = false;
    const messages = wrapStore(engine.messages, {
      find: async (name, request) => {
        const found = engine.messages.find(name, request);
        if (!isTaken) {
          isTaken = true;
          await engine.messages.dropManaged(STREAM);
          await streams.configure();
          await publish('new');
        }
        return found;
      },
    });
    await run(routeOver(messages));
    expect(await copied()).toEqual(['1 copied.eu new']);
  });

  it('stores now and then how much it has filtered out', async () => {
    await copies();
    const none: Shape = () => ({ kind: 'filtered' });
    for (let batch = 0; batch < 11; batch += 1) {
      await publish(...Array.from({ length: 1000 }, () => '1'));
    }
    await run(routeOver(engine.messages, none));
    await restart();
    const messages: NewMessage[] = [];
    const seen = routeOver(engine.messages, ({ subject: on, body }) => {
      messages.push({ subject: on, body });
      return { kind: 'filtered' };
    });
    await run(seen);
    expect(messages.length).toBeLessThanOrEqual(1000);
    expect(seen.progress).toMatchObject({ filtered: 11_000, next: 11_001 });
  });

  describe('that gives up what is not taken', () => {
    const skipping = { onError: { kind: 'skip', attemptsMax: 2 }, keepsAttempts: true } as const;
    const keeping = { ...skipping, onError: { kind: 'dead_letter', attemptsMax: 2 } } as const;

    it('passes over a record that the target will never take, at once', async () => {
      await copies({ messageBytesMax: 3 });
      await publish('1', '55555', '3');
      const skips = routeOver(engine.messages, toCopied, skipping);
      expect(await run(skips)).toEqual({ kind: 'caught-up' });
      expect(await copied()).toEqual(['1 copied.eu 1', '2 copied.eu 3']);
      expect(skips.progress).toMatchObject({ next: 4, delivered: 2, skipped: 1 });
      expect(skips.lastRefusal).toMatchObject({ reason: 'record-too-large', position: 2 });
    });

    it('tries a target that is not there as often as it may, over a restart too', async () => {
      await publish('1', '2');
      const first = routeOver(engine.messages, toCopied, skipping);
      expect(await first.step()).toEqual({ kind: 'waiting', reason: 'target-missing' });
      await restart();
      const second = routeOver(engine.messages, toCopied, skipping);
      expect(await second.step()).toEqual({ kind: 'moved-on' });
      expect(second.progress).toMatchObject({ next: 2, attempts: 0, retried: 1, skipped: 1 });
    });

    it('keeps what it gives up, with why, in the same commit', async () => {
      await copies({ messageBytesMax: 3 });
      await streams.configure(
        { name: streamName('DEAD'), subjects: [pattern('ms.dead_letter.>')] },
        LATE,
      );
      await streams.publishLines('orders.not 1', 'orders.eu 55555', 'orders.eu 3');
      const keeps = routeOver(engine.messages, toCopied, keeping);
      expect(await run(keeps)).toEqual({ kind: 'caught-up' });
      expect(await copied()).toEqual(['1 copied.eu 3']);
      const [letter, ...more] = await streams.all({}, LATE);
      expect(more).toEqual([]);
      expect(letter?.subject).toBe('ms.dead_letter.copying');
      expect(JSON.parse(letter?.body.toString() ?? '')).toEqual({
        trigger: 'copying',
        source: {
          stream: 'ORDERS',
          subject: 'orders.eu',
          position: 2,
          created: new Date(NOW_MS).toISOString(),
        },
        error: { reason: 'record-too-large', detail: null },
        attempts: 1,
        given_up: new Date(NOW_MS).toISOString(),
        body: 55555,
      });
      expect(keeps.progress).toMatchObject({ delivered: 1, filtered: 1, deadLettered: 1 });
      await restart();
      await run(routeOver(engine.messages, toCopied, keeping));
      expect(await streams.all({}, LATE)).toHaveLength(1);
    });

    it('waits where what it gives up cannot be kept', async () => {
      await copies({ messageBytesMax: 3 });
      await publish('55555');
      const keeps = routeOver(engine.messages, toCopied, keeping);
      const outcome = { reason: 'dead-letters-refused', detail: 'target-missing' };
      expect(await run(keeps)).toEqual({ kind: 'waiting', ...outcome });
    });

    it('never gives up for a reason of the server itself', async () => {
      await copies();
      await publish('1');
      const failing = {
        deliver: () => Promise.resolve({ kind: 'waiting', reason: 'store-busy' } as const),
      };
      const skips = routeOver(engine.messages, toCopied, { ...skipping, target: failing });
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expect(await skips.step()).toEqual({ kind: 'waiting', reason: 'store-busy' });
      }
      expect(skips.progress).toMatchObject({ next: 1, skipped: 0, attempts: 0 });
    });

    it('counts no attempt, and gives nothing up, where the disk is full', async () => {
      const full = { kind: 'refused', reason: 'full' } as const;
      const messages = wrapStore(engine.messages, { publish: () => Promise.resolve(full) });
      await copies();
      await publish('1');
      const skips = routeOver(messages, toCopied, {
        onError: { kind: 'skip', attemptsMax: 1 },
        keepsAttempts: true,
      });
      expect(await skips.step()).toEqual({ kind: 'waiting', reason: 'store-full' });
      expect(skips.progress).toMatchObject({ next: 1, attempts: 0, skipped: 0 });
    });

    it('waits where it cannot be stored that one was given up', async () => {
      const full = { kind: 'refused', reason: 'full' } as const;
      const logs = wrapLogs(engine, { commit: () => Promise.resolve(full) });
      await copies();
      await publish('unfit');
      const skips = routeOver(engine.messages, toCopied, {
        onError: { kind: 'skip', attemptsMax: 1 },
        logs,
      });
      expect(await skips.step()).toEqual({ kind: 'waiting', reason: 'store-full' });
      expect(skips.progress).toMatchObject({ next: 1, skipped: 0 });
    });
  });

  describe('that has one record to carry', () => {
    it('carries the first that is not filtered out, and no other, over a restart too', async () => {
      await copies();
      await streams.publishLines('orders.not 1', 'orders.eu 2', 'orders.eu 3');
      const single = { isSingle: true, batch: { messagesMax: 1, waitMs: 0 } };
      const route1 = routeOver(engine.messages, toCopied, single);
      expect(await run(route1)).toEqual({ kind: 'completed' });
      expect(await route1.step()).toEqual({ kind: 'completed' });
      await restart();
      expect(await run(routeOver(engine.messages, toCopied, single))).toEqual({
        kind: 'completed',
      });
      expect(await copied()).toEqual(['1 copied.eu 2']);
    });

    it('carries one of all of its sources', async () => {
      await copies();
      await publish('1', '2');
      const single = { isSingle: true, batch: { messagesMax: 1, waitMs: 0 } };
      const one = routeOver(engine.messages, toCopied, single);
      const other = routeOver(engine.messages, toCopied, { ...single, progressName: 'pother' });
      await Promise.all([run(one), run(other)]);
      expect(await copied()).toEqual(['1 copied.eu 1']);
    });
  });

  it('asks a service for one record alone where that completes it, whichever source is first', async () => {
    await publish('1');
    let asked = 0;
    const target: RouteParts['target'] = {
      deliver: async (_records, moves) => {
        asked += 1;
        const outcome = await engine.commit(moves);
        return { kind: outcome.kind === 'stored' ? 'delivered' : 'moved' };
      },
    };
    const single = {
      isSingle: true,
      batch: { messagesMax: 1, waitMs: 0 },
      completion: new Completion(engine, 'pdone', true),
      target,
    };
    const one = routeOver(engine.messages, toCopied, single);
    const other = routeOver(engine.messages, toCopied, { ...single, progressName: 'pother' });
    await Promise.all([run(one), run(other)]);
    expect(asked).toBe(1);
  });

  describe('that carries pages', () => {
    const paged = (): Partial<RouteParts> => ({
      target: new PagedTarget(new ManagedTarget(engine.messages, 'acme', () => NOW_MS)),
      batch: { messagesMax: 3, waitMs: 1000 },
    });

    it('fills them, and delivers the last when it has waited', async () => {
      await copies();
      await streams.publishLines(
        ...['1', '2', '3', '4', '5', '6', '7'].map((body) => `orders.eu ${body}`),
        'orders.not 8',
      );
      const pages = routeOver(engine.messages, toCopied, paged());
      expect(await run(pages)).toEqual({ kind: 'gathering', forMs: 1000 });
      expect(await copied()).toEqual(['1 copied.eu [1,2,3]', '2 copied.eu [4,5,6]']);
      nowMs += 999;
      expect(await run(pages)).toEqual({ kind: 'gathering', forMs: 1 });
      await publish('9');
      expect(await run(pages)).toEqual({ kind: 'gathering', forMs: 1 });
      nowMs += 1;
      expect(await run(pages)).toEqual({ kind: 'caught-up' });
      expect((await copied()).at(-1)).toBe('3 copied.eu [7,9]');
      expect(pages.progress).toMatchObject({ delivered: 8, filtered: 1, next: 10 });
    });

    it('waits no longer for more where the clock steps back', async () => {
      await copies();
      await publish('1');
      const pages = routeOver(engine.messages, toCopied, paged());
      expect(await run(pages)).toEqual({ kind: 'gathering', forMs: 1000 });
      nowMs -= 86_400_000;
      expect(await run(pages)).toEqual({ kind: 'gathering', forMs: 1000 });
      nowMs += 1000;
      expect(await run(pages)).toEqual({ kind: 'caught-up' });
    });

    it('goes on after a restart where no page was delivered', async () => {
      await copies();
      await publish('1', '2', '3', '4');
      await run(routeOver(engine.messages, toCopied, paged()));
      await restart();
      await publish('5', '6');
      expect(await run(routeOver(engine.messages, toCopied, paged()))).toEqual({
        kind: 'caught-up',
      });
      expect(await copied()).toEqual(['1 copied.eu [1,2,3]', '2 copied.eu [4,5,6]']);
    });

    it('makes them smaller where the target takes none so large', async () => {
      await copies({ messageBytesMax: 6 });
      await publish('1', '2', '3', '4444');
      const pages = routeOver(engine.messages, toCopied, paged());
      await run(pages);
      for (let waits = 0; waits < 2; waits += 1) {
        nowMs += 1000;
        await run(pages);
      }
      expect(await copied()).toEqual(['[1]', '[2]', '[3]', '[4444]'].map(lineOfPage));
    });
  });
});

function lineOfPage(page: string, index: number): string {
  return `${index + 1} copied.eu ${page}`;
}
