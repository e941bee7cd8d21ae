import { expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { ManagedStreams, messagesOf, offsetBehind } from '../../support/http/managed-streams.ts';
import { untilLiveReaders } from '../../support/http/until.ts';

onBothEngines('tailing a managed stream', { sseKeepAliveMs: 100 }, (served) => {
  const streams = new ManagedStreams(served);

  test('brings what is there, and then what comes', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1');
    const reader = await streams.follow(name);
    expect(reader.status).toBe(200);
    expect(reader.incoming.headers['content-type']).toBe('text/event-stream');
    expect(reader.incoming.headers['cache-control']).toBe('no-cache, no-transform');
    await reader.until(({ data }) => data.length === 1);
    await streams.publish(name, 'b', '2', '3');
    await streams.append(name, '{"four":4}');
    await reader.until((now) => messagesOf(now).length === 4);
    expect(messagesOf(reader)).toEqual([1, 2, 3, { four: 4 }]);
    expect(reader.lastControl).toMatchObject({
      streamNextOffset: offsetBehind(4),
      upToDate: true,
    });
    await reader.cut();
    await untilLiveReaders(served, 0);
  });

  test('a poll brings what comes', async () => {
    const name = await streams.create();
    const polling = streams.read(name, 'offset=now&live=long-poll');
    await untilLiveReaders(served, 1);
    await streams.publish(name, 'a', '1', '2');
    const poll = await polling;
    expect([poll.status, poll.text, poll.offset]).toEqual([200, '[1,2]', offsetBehind(2)]);
    await untilLiveReaders(served, 0);
  });

  test('goes on after Last-Event-ID', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1', '2');
    const resumed = await streams.follow(name, 'offset=-1', { 'Last-Event-ID': offsetBehind(1) });
    await resumed.until(({ data }) => data.length === 1);
    expect(messagesOf(resumed)).toEqual([2]);
    await resumed.cut();
  });

  test('is untouched by a purge, and by a change of the configuration', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1', '2');
    const reader = await streams.follow(name);
    await reader.until(({ data }) => data.length === 1);
    await streams.configure(name, { max_msgs: 1 });
    await streams.removeMessages(name, '2');
    await streams.publish(name, 'a', '3');
    await reader.until((now) => messagesOf(now).length === 3);
    expect(messagesOf(reader)).toEqual([1, 2, 3]);
    await reader.cut();
  });

  test('ends when the stream is deleted, and shows nothing of the next one', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '"old"');
    const reader = await streams.follow(name);
    await reader.until(({ data }) => data.length === 1);
    const polling = streams.read(name, 'offset=now&live=long-poll');
    await untilLiveReaders(served, 2);
    await streams.remove(name);
    await streams.create({}, name);
    await streams.publish(name, 'a', '"new"');
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect(messagesOf(reader)).toEqual(['old']);
    expect(reader.lastControl?.streamClosed).toBeUndefined();
    expect((await polling).verdict).toBe('404 stream-not-found');
    expect((await streams.read(name)).text).toBe('["new"]');
  });
});
