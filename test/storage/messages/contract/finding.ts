import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { subjectMatcher } from '../../../../src/subjects/subject.ts';
import { newMessage, pattern } from '../../../support/managed.ts';
import { lookTwice, type MessageCheck } from '../contract.ts';
import { found, lineOf, onA, STREAM, Streams } from '../streams.ts';

const FILTERS = ['orders.a', 'orders.*', 'orders.>', '>', '*', 'orders.*.c', 'orders.b.>', 'x.y'];

/** Messages on a few subjects, some of which have gone. */
async function fill(streams: Streams): Promise<void> {
  await streams.configure({ subjects: [pattern('>')] });
  const subjects = ['orders.a', 'orders.b', 'orders.a.c', 'orders.b.c', 'x', 'orders.b.c.d'];
  const messages = Array.from({ length: 60 }, (_, index) =>
    newMessage(subjects[(index * index + index) % 6] ?? 'x', '1'.repeat(1 + ((index * 7) % 11))),
  );
  await streams.publish(messages.slice(0, 41));
  await streams.publish(messages.slice(41));
  await streams.remove([1, 2, 10, 11, 12, 13, 30, 59, 60]);
}

export function describeFinding(check: MessageCheck): void {
  describe('a find', () => {
    for (const filter of FILTERS) {
      check(`has what its filter matches: ${filter}`, async (streams, opened) => {
        await fill(streams);
        const isMatch = subjectMatcher(pattern(filter));
        const everything = await streams.all();
        expect(everything).toHaveLength(51);
        const expected = everything.filter(({ subject }) => isMatch(subject)).map(lineOf);
        expect(await streams.lines(filter)).toEqual(expected);
        await opened.catchUp();
        expect(await streams.lines(filter)).toEqual(expected);
        const again = new Streams((await opened.reopen()).messages);
        expect(await again.lines(filter)).toEqual(expected);
      });
    }

    check('begins at the sequence that it is asked for', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3', '4'));
      await streams.remove([2]);
      for (const [fromSeq, first] of [
        [0, 1],
        [1, 1],
        [2, 3],
        [3, 3],
        [4, 4],
      ] as const) {
        expect((await streams.find({ fromSeq })).messages[0]?.seq).toBe(first);
      }
    });

    check('behind the last message has none, and has seen all', async (streams) => {
      await streams.configure();
      expect(await streams.find()).toEqual({ kind: 'found', messages: [], throughSeq: 0 });
      await streams.publish(onA('1', '2'));
      expect(await streams.find({ fromSeq: 3 })).toMatchObject({ messages: [], throughSeq: 2 });
      expect(await streams.find({ fromSeq: 99 })).toMatchObject({ messages: [], throughSeq: 2 });
      await streams.remove([2]);
      expect(await streams.find({ fromSeq: 2 })).toMatchObject({ messages: [], throughSeq: 2 });
    });

    check(
      'of a subject begins at any sequence, where nothing is left in memory',
      async (streams, opened) => {
        await streams.configure();
        await streams.publish(onA('1', '2', '3'));
        await opened.catchUp();
        const filter = pattern('orders.a');
        for (const fromSeq of [4, 2 ** 48, Number.MAX_SAFE_INTEGER]) {
          const page = await streams.find({ filter, fromSeq });
          expect(page).toMatchObject({ messages: [], throughSeq: 3 });
        }
      },
    );

    check('has at least one message, and no more bytes than asked for', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1234567', '12', '34', '5'));
      const seqs = async (bytesMax: number, fromSeq = 1): Promise<number[]> =>
        (await streams.find({ bytesMax, fromSeq })).messages.map(({ seq }) => seq);
      expect(await seqs(0)).toEqual([1]);
      expect(await seqs(8)).toEqual([1]);
      expect(await seqs(4, 2)).toEqual([2, 3]);
      expect(await seqs(3, 2)).toEqual([2]);
    });

    check(
      'goes on where the one before it ended, missing and repeating nothing',
      async (streams, opened) => {
        await fill(streams);
        await opened.catchUp();
        const { lastSeq } = streams.head();
        const everything = await streams.all();
        const sizes = fc.record({
          messagesMax: fc.integer({ min: 1, max: 9 }),
          bytesMax: fc.constantFrom(0, 1, 5, 12, 30, 1000),
        });
        const places = fc.integer({ min: 0, max: lastSeq + 1 });
        const filters = fc.constantFrom(undefined, ...FILTERS.map(pattern));
        await fc.assert(
          fc.asyncProperty(
            filters,
            places,
            fc.infiniteStream(sizes),
            async (filter, start, pages) => {
              const isMatch = filter === undefined ? () => true : subjectMatcher(filter);
              const expected = everything.filter(
                ({ seq, subject }) => seq >= start && isMatch(subject),
              );
              const paged = [];
              let fromSeq = start;
              for (const size of pages) {
                const page = await streams.find({ filter, fromSeq, ...size });
                const bytes = page.messages.reduce((sum, { body }) => sum + body.length, 0);
                expect(page.messages.length).toBeLessThanOrEqual(size.messagesMax);
                if (page.messages.length > 1) expect(bytes).toBeLessThanOrEqual(size.bytesMax);
                for (const { seq } of page.messages) {
                  expect(seq).toBeGreaterThanOrEqual(fromSeq);
                  expect(seq).toBeLessThanOrEqual(page.throughSeq);
                }
                paged.push(...page.messages);
                if (page.throughSeq >= lastSeq) break;
                expect(page.throughSeq).toBeGreaterThanOrEqual(fromSeq);
                fromSeq = page.throughSeq + 1;
              }
              expect(paged).toEqual(expected);
            },
          ),
          { numRuns: 100 },
        );
      },
    );

    check('that went through what is published later finds that later', async (streams) => {
      await streams.configure();
      const seen: string[] = [];
      let fromSeq = 1;
      const follow = async (): Promise<void> => {
        const page = await streams.find({ fromSeq, filter: pattern('orders.b') });
        seen.push(...page.messages.map(lineOf));
        fromSeq = page.throughSeq + 1;
      };
      await follow();
      await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.a 3');
      await follow();
      await follow();
      await streams.publishLines('orders.b 4');
      await follow();
      expect(seen).toEqual(['2 orders.b 2', '4 orders.b 4']);
    });

    check('sees only messages that are durable', async (streams) => {
      await streams.configure();
      for (let round = 1; round <= 20; round += 1) {
        const published = streams.publish(onA(String(round)));
        const page = await streams.find();
        expect(page.throughSeq).toBeLessThanOrEqual(streams.head().lastSeq);
        expect(page.messages.length).toBeLessThanOrEqual(streams.head().messages);
        await published;
        expect(await streams.lines()).toHaveLength(round);
      }
    });
  });

  describe('a message', () => {
    check('is found by its sequence, and nothing where none is', async (streams, opened) => {
      await streams.configure();
      await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.c 3');
      await streams.remove([2]);
      await lookTwice(streams, opened, async ({ store }) => {
        const linesAt = async (seq: number): Promise<string[]> =>
          found(await store.message(STREAM, seq)).messages.map(lineOf);
        expect(await linesAt(1)).toEqual(['1 orders.a 1']);
        expect(await linesAt(3)).toEqual(['3 orders.c 3']);
        for (const seq of [0, 2, 4, Number.MAX_SAFE_INTEGER])
          expect(await linesAt(seq)).toEqual([]);
      });
    });
  });

  describe('counts of subjects', () => {
    check('are those of the messages that are there', async (streams, opened) => {
      await fill(streams);
      const expected = async (filter: string): Promise<Record<string, number>> => {
        const counts: Record<string, number> = {};
        for (const { subject } of await streams.all({ filter: pattern(filter) })) {
          counts[subject] = (counts[subject] ?? 0) + 1;
        }
        return counts;
      };
      for (const filter of FILTERS) {
        expect(await streams.counts(filter)).toEqual(await expected(filter));
      }
      const all = await streams.counts();
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.counts()).toEqual(all);
      expect(again.head().subjects).toBe(Object.keys(all).length);
    });

    check('are at most as many as asked for', async (streams) => {
      await fill(streams);
      const all = await streams.counts('orders.>');
      for (const limit of [1, 2, 4, 5, 6]) {
        const some = Object.entries(await streams.counts('orders.>', STREAM, limit));
        expect(some).toHaveLength(Math.min(limit, Object.keys(all).length));
        for (const [subject, messages] of some) expect(all[subject]).toBe(messages);
      }
    });
  });
}
