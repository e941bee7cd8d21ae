import { expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { ManagedStreams, messagesOf, offsetBehind } from '../../support/http/managed-streams.ts';
import { at } from '../../support/openapi-checker.ts';
import { untilLiveReaders } from '../../support/http/until.ts';

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

onBothEngines('a managed stream that drops what is old', {}, (served) => {
  const streams = new ManagedStreams(served);

  test.each(['', '&live=long-poll', '&live=sse'])(
    'tells a reader that it has passed where to go on (?offset=…%s), and nothing more is missed',
    async (live) => {
      const name = await streams.create({ max_msgs: 10 });
      await streams.publish(name, 'a', ...numbers(1, 5));
      const first = await streams.read(name);
      expect(first.offset).toBe(offsetBehind(5));
      await streams.publish(name, 'a', ...numbers(6, 15));
      // The next one is still there.
      const next = await streams.read(name, `offset=${first.offset}`);
      expect(next.text).toBe(`[${numbers(6, 15).join()}]`);

      await streams.publish(name, 'a', '16');
      const passed = await streams.read(name, `offset=${first.offset}${live}`);
      expect(passed.verdict).toBe('410 offset-trimmed');
      expect(passed.offset).toBe(offsetBehind(6));
      expect(passed.header('cache-control')).toBe('no-store');
      const rest = await streams.read(name, `offset=${passed.offset}`);
      expect(rest.text).toBe(`[${numbers(7, 16).join()}]`);
      expect(rest.header('stream-up-to-date')).toBe('true');
    },
  );

  test('begins with the oldest that is left, and knows its own start', async () => {
    const name = await streams.create({ max_msgs: 3 });
    await streams.publish(name, 'a', ...numbers(1, 8));
    expect((await streams.read(name)).text).toBe('[6,7,8]');
    const reader = await streams.follow(name);
    await reader.until(({ data }) => data.length === 1);
    expect(messagesOf(reader)).toEqual([6, 7, 8]);
    await reader.cut();
    const start = await streams.read(name, `offset=${offsetBehind(0)}`);
    expect([start.verdict, start.offset]).toEqual(['410 offset-trimmed', offsetBehind(5)]);
  });

  test('tells the same of messages that were purged by a lowered limit', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', ...numbers(1, 8));
    await streams.configure(name, { max_msgs: 2 });
    const passed = await streams.read(name, `offset=${offsetBehind(3)}`);
    expect([passed.verdict, passed.offset]).toEqual(['410 offset-trimmed', offsetBehind(6)]);
  });

  test('passed over what it dropped from the middle, which no reader waits for', async () => {
    const name = await streams.create({ max_msgs_per_subject: 1 });
    await streams.publish(name, 'a', '1');
    await streams.publish(name, 'b', '2', '3');
    const read = await streams.read(name, `offset=${offsetBehind(1)}`);
    expect([read.status, read.text, read.offset]).toEqual([200, '[3]', offsetBehind(3)]);
  });

  test('answers a poll that waited, though its limit takes nearly everything', async () => {
    const name = await streams.create({ max_msgs: 1 });
    await streams.publish(name, 'a', '1');
    const polling = streams.read(name, 'offset=now&live=long-poll');
    await untilLiveReaders(served, 1);
    await streams.publish(name, 'a', '2', '3', '4');
    const poll = await polling;
    expect([poll.verdict, poll.offset]).toEqual(['410 offset-trimmed', offsetBehind(3)]);
    expect((await streams.read(name, `offset=${poll.offset}`)).text).toBe('[4]');
  });

  test('ends what a live reader gets before the gap, and tells it when it comes back', async () => {
    const name = await streams.create({ max_msgs: 2 });
    const reader = await streams.follow(name);
    await streams.publish(name, 'a', '1', '2');
    await reader.until((now) => messagesOf(now).length === 2);
    // Of these the first one is gone as soon as it can be seen.
    await streams.publish(name, 'a', '3', '4', '5');
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect(messagesOf(reader)).toEqual([1, 2]);
    const offset = reader.lastControl?.streamNextOffset ?? '';
    expect(offset).toBe(offsetBehind(2));
    const back = await streams.read(name, `offset=${offset}&live=sse`);
    expect([back.verdict, back.offset]).toEqual(['410 offset-trimmed', offsetBehind(3)]);
    const resumed = await streams.read(name, 'offset=-1&live=sse', { 'Last-Event-ID': offset });
    expect(resumed.verdict).toBe('410 offset-trimmed');
  });

  test('never lets a slow reader skip a message without a word', async () => {
    const kept = 20;
    const name = await streams.create({ max_msgs: kept });
    const { incoming, cut } = await served.open('GET', `/streams/${name}?offset=-1&live=sse`);
    incoming.pause();
    // More than the buffers between the server and a reader that does not read.
    const [rounds, each] = [32, 16];
    const long = 'x'.repeat(64 * 1024);
    for (let round = 0; round < rounds; round += 1) {
      const from = round * each + 1;
      const bodies = numbers(from, from + each - 1).map((number) => `[${number},"${long}"]`);
      await streams.publish(name, 'a', ...bodies);
    }
    const last = rounds * each;
    const slow = new EventStream(incoming, cut);
    incoming.resume();
    await slow.ended;
    expect(slow.isComplete).toBe(true);
    const seen = messagesOf(slow).map((message) => Number(Array.isArray(message) && message[0]));
    expect(seen).toEqual(seen.map((_, index) => index + 1));
    expect(seen.length).toBeLessThan(last);

    const offset = slow.lastControl?.streamNextOffset ?? '-1';
    expect(offset).toBe(offsetBehind(seen.length));
    const back = await streams.read(name, `offset=${offset}&live=sse`);
    expect([back.verdict, back.offset]).toEqual(['410 offset-trimmed', offsetBehind(last - kept)]);
    const rest = await streams.follow(name, `offset=${back.offset}&view=envelope`);
    await rest.until((now) => messagesOf(now).length === kept);
    const seqs = messagesOf(rest).map((message) => at(message, 'seq'));
    expect(seqs).toEqual(numbers(last - kept + 1, last).map(Number));
    await rest.cut();
  });
});

onBothEngines('a managed stream and a reader of rare subjects', {}, (served) => {
  const streams = new ManagedStreams(served);

  test('lets it come back behind all that it was spared', async () => {
    const name = await streams.create({ max_msgs: 2 });
    const reader = await streams.follow(name, `offset=now&subject=${name}.rare`);
    await reader.until(({ controls }) => controls.length === 1);
    for (const number of numbers(1, 6)) await streams.publish(name, 'often', number);
    await served.restart();
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect(reader.data).toEqual([]);
    expect(reader.lastControl).toMatchObject({
      streamNextOffset: offsetBehind(6),
      upToDate: true,
    });
  });
});
