import { expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { ManagedStreams, messagesOf, offsetBehind } from '../../support/http/managed-streams.ts';
import { untilLiveReaders } from '../../support/http/until.ts';
import { at, entriesOf } from '../../support/openapi-checker.ts';

/** Long enough to publish while a poll waits, on a machine that is busy too. */
const POLL_MS = 4_000;

onBothEngines(
  'choosing what to read of a managed stream',
  { longPollTimeoutMs: POLL_MS, sseKeepAliveMs: 200 },
  (served) => {
    const streams = new ManagedStreams(served);

    /** Messages 1 to 6, on the subjects `eu.new`, `eu.paid` and `us.new` in turn. */
    async function orders(): Promise<string> {
      const name = await streams.create();
      for (const [index, rest] of ['eu.new', 'eu.paid', 'us.new'].entries()) {
        await streams.publish(name, rest, String(index + 1));
      }
      for (const [index, rest] of ['eu.new', 'eu.paid', 'us.new'].entries()) {
        await streams.publish(name, rest, String(index + 4));
      }
      return name;
    }

    test.each([
      ['eu.new', '[1,4]'],
      ['eu.*', '[1,2,4,5]'],
      ['*.new', '[1,3,4,6]'],
      ['>', '[1,2,3,4,5,6]'],
      ['*.*', '[1,2,3,4,5,6]'],
      ['eu', '[]'],
      ['eu.new.>', '[]'],
    ])('catches up with the subjects of %s', async (rest, expected) => {
      const name = await orders();
      const subject = encodeURIComponent(`${name}.${rest}`);
      const read = await streams.read(name, `offset=-1&subject=${subject}`);
      expect([read.status, read.text]).toEqual([200, expected]);
      // It has seen everything, so it goes on behind everything.
      expect(read.offset).toBe(offsetBehind(6));
      expect(read.header('stream-up-to-date')).toBe('true');
    });

    test('chooses from an offset on, and counts sequences of all subjects', async () => {
      const name = await orders();
      const read = await streams.read(name, `offset=${offsetBehind(1)}&subject=${name}.eu.new`);
      expect(read.text).toBe('[4]');
      expect((await streams.read(name, 'offset=-1&subject=elsewhere')).text).toBe('[]');
    });

    test('a poll answers at once with what is there, and asks nothing of the rest', async () => {
      const name = await orders();
      const read = await streams.read(name, `offset=-1&live=long-poll&subject=${name}.*.new`);
      expect([read.status, read.text, read.offset]).toEqual([200, '[1,3,4,6]', offsetBehind(6)]);
      expect(read.header('stream-cursor')).toBeDefined();
    });

    test('a poll is not woken by other subjects, and ends where they have come to', async () => {
      const name = await orders();
      const query = `offset=${offsetBehind(4)}&live=long-poll&subject=${name}.eu.new`;
      const polling = streams.read(name, query);
      await untilLiveReaders(served, 1);
      await streams.publish(name, 'us.new', '7', '8');
      const poll = await polling;
      expect([poll.status, poll.text, poll.offset]).toEqual([204, '', offsetBehind(8)]);
      expect(poll.header('stream-up-to-date')).toBe('true');
      await streams.publish(name, 'eu.new', '9');
      const next = `offset=${poll.offset}&live=long-poll&subject=${name}.eu.new`;
      expect((await streams.read(name, next)).text).toBe('[9]');
    });

    test('a poll is woken by its subject, whatever came before', async () => {
      const name = await orders();
      const query = `offset=now&live=long-poll&subject=${name}.eu.*&view=envelope`;
      const polling = streams.read(name, query);
      await untilLiveReaders(served, 1);
      await streams.publish(name, 'us.new', '7');
      await streams.publish(name, 'eu.new', '8');
      const poll = await polling;
      expect(poll.status).toBe(200);
      expect(poll.json).toMatchObject([{ seq: 8, subject: `${name}.eu.new`, body: 8 }]);
      expect(poll.offset).toBe(offsetBehind(8));
    });

    test('SSE brings its subjects, and offsets from which nothing of them is missed', async () => {
      const name = await orders();
      const reader = await streams.follow(name, `offset=-1&subject=${name}.eu.%3E`);
      await reader.until(({ data }) => data.length === 1);
      expect(reader.lastControl).toMatchObject({ upToDate: true });
      await streams.publish(name, 'us.new', '7');
      await streams.publish(name, 'eu.new', '8');
      await streams.publish(name, 'us.new', '9');
      await streams.publish(name, 'eu.paid', '10');
      await reader.until((now) => messagesOf(now).length === 6);
      expect(messagesOf(reader)).toEqual([1, 2, 4, 5, 8, 10]);
      expect(reader.lastControl?.streamNextOffset).toBe(offsetBehind(10));
      await reader.cut();
    });

    test('SSE tells a reader of rare subjects how far it has got', async () => {
      const name = await orders();
      const reader = await streams.follow(name, `offset=now&subject=${name}.eu.new`);
      await reader.until(({ controls }) => controls.length === 1);
      await streams.publish(name, 'us.new', '7', '8', '9');
      await reader.until(({ lastControl }) => lastControl?.streamNextOffset === offsetBehind(9));
      expect(reader.data).toEqual([]);
      const { comments } = reader;
      // Told once, it is not told again.
      await reader.until((now) => now.comments > comments + 1);
      expect(reader.controls).toHaveLength(2);
      await reader.cut();
    });

    test('every message is shown in an envelope, its body as it was sent', async () => {
      const name = await streams.create();
      const body = '{"b": 12345678901234567890.0, "a":[ ]}';
      const before = Date.now();
      await streams.publish(name, 'eu.new', body);
      await streams.publish(name, 'us.new', '"two"');
      const read = await streams.read(name, 'offset=-1&view=envelope');
      expect(read.text).toContain(`"body":${body}}`);
      const whole = read.json;
      expect(whole).toMatchObject([
        { seq: 1, subject: `${name}.eu.new` },
        { seq: 2, subject: `${name}.us.new`, body: 'two' },
      ]);
      for (const each of Array.isArray(whole) ? whole : []) {
        const created = String(at(each, 'created'));
        expect(new Date(created).toISOString()).toBe(created);
        expect(Date.parse(created)).toBeGreaterThanOrEqual(before - 1000);
        expect(entriesOf(each).map(([key]) => key)).toEqual(['seq', 'subject', 'created', 'body']);
      }
      const filtered = await streams.read(name, `offset=-1&view=envelope&subject=${name}.us.*`);
      expect(filtered.json).toMatchObject([{ seq: 2 }]);
      const poll = await streams.read(name, 'offset=-1&view=envelope&live=long-poll');
      expect(poll.text).toBe(read.text);
      const reader = await streams.follow(name, 'offset=-1&view=envelope');
      await reader.until(({ data }) => data.length === 1);
      expect(reader.data).toEqual([read.text]);
      await reader.cut();
    });

    test('readers with other choices do not get in each other’s way', async () => {
      const name = await streams.create();
      const readers = await Promise.all(
        [`subject=${name}.a`, `subject=${name}.b`, `subject=${name}.*`, 'view=envelope'].map(
          (query) => streams.follow(name, `offset=-1&${query}`),
        ),
      );
      for (const rest of ['a', 'b', 'a', 'b']) await streams.publish(name, rest, `"${rest}"`);
      const [a, b, both, envelopes] = readers.map((reader) => ({
        reader,
        after: async (count: number) => {
          await reader.until((now) => messagesOf(now).length === count);
          return messagesOf(reader);
        },
      }));
      expect(await a?.after(2)).toEqual(['a', 'a']);
      expect(await b?.after(2)).toEqual(['b', 'b']);
      expect(await both?.after(4)).toEqual(['a', 'b', 'a', 'b']);
      expect(await envelopes?.after(4)).toMatchObject([{ seq: 1 }, {}, {}, { seq: 4, body: 'b' }]);
      await Promise.all(readers.map((reader) => reader.cut()));
    });
  },
);
