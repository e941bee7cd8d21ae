import { expect, test } from 'vitest';
import { recordsOf, untilAt, untilHolds } from '../../support/http/copies.ts';
import { freshName } from '../../support/http/engines.ts';
import { holdClock } from '../../support/http/held-clock.ts';
import {
  onStorageEngines,
  verdict,
  type StorageApiClient,
} from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';

const clock = holdClock();

/** A new mirror of the stream. */
async function mirrorOf(
  api: StorageApiClient,
  origin: string,
  begin: object = {},
  settings: object = {},
): Promise<string> {
  const name = freshName();
  const answer = await api.put(name, { mirror: { name: origin, ...begin }, ...settings });
  expect(answer.text).toBe('{"message":"success"}');
  return name;
}

onStorageEngines('a mirror', (api) => {
  const { served } = api;

  test('has all that its origin has, as it is there, and takes what comes', async () => {
    const origin = await api.stream();
    await api.fill(origin, 2500);
    await api.deleteMessages(origin, '1,7,8,2499');
    clock.step(3_600_000);
    await api.publish(origin, `${origin}.later`, { text: 'é "x"', list: [1, null] });
    clock.step(1000);
    const mirror = await mirrorOf(api, origin);
    await untilAt(served, mirror, 2501);
    expect(await recordsOf(served, mirror)).toEqual(await recordsOf(served, origin));

    clock.step(1000);
    await api.publish(origin, `${origin}.new`, 'next');
    await untilAt(served, mirror, 2502);
    const records = await recordsOf(served, mirror);
    expect(records).toEqual(await recordsOf(served, origin));
    expect(records).toHaveLength(2498);
    expect(new Set(records.map(({ created }) => created)).size).toBe(3);
  });

  test('takes nothing else, and captures nothing', async () => {
    const origin = await api.stream();
    const mirror = await mirrorOf(api, origin);
    for (const subject of [mirror, `${origin}.a`, `${mirror}.a`]) {
      const answer = await api.publish(mirror, subject, 1);
      expect(verdict(answer)).toBe('400 stream_is_mirror');
      expect(verdict(await api.batch(mirror, [{ subject, body: 1 }]))).toBe('400 stream_is_mirror');
    }
    const appended = await served.post(`/streams/${mirror}`, {
      headers: { 'Content-Type': 'application/json', 'Stream-Subject': `${origin}.a` },
      body: '1',
    });
    expect(appended.verdict).toBe('409 stream-read-only');
    expect(await recordsOf(served, mirror)).toEqual([]);
    expect((await api.put(freshName(), { subjects: [`${mirror}.>`] })).status).toBe(200);
  });

  test('is told of as it was asked for, and stays one', async () => {
    const origin = await api.stream();
    const begin = { filter_subject: `${origin}.a`, opt_start_time: '2030-01-02T03:04:05.678Z' };
    const mirror = await mirrorOf(api, origin, begin);
    const { config } = await api.look(mirror);
    expect(at(config, 'mirror')).toEqual({ name: origin, ...begin });
    expect(at(config, 'subjects')).toEqual([]);
    const again = { name: mirror, mirror: { name: origin, ...begin } };
    expect((await api.ask('POST', '/storage/streams', again)).status).toBe(200);
    expect((await api.put(mirror, { description: 'changed', ...again })).status).toBe(200);
    for (const change of [
      { mirror: { name: origin } },
      { mirror: { name: 'another' } },
      { subjects: [`${mirror}.b`] },
      { sources: [{ name: 'another' }] },
    ]) {
      expect(verdict(await api.put(mirror, change))).toBe('400 validation_error');
    }
    expect(verdict(await api.put(origin, { mirror: { name: 'another' } }))).toBe(
      '400 validation_error',
    );
    expect((await api.look(mirror)).config).toMatchObject({ mirror: { name: origin, ...begin } });
  });

  test.each([
    ['at a sequence', () => ({ opt_start_seq: 4 }), [4, 5, 6]],
    ['at a sequence that is to come', () => ({ opt_start_seq: 6 }), [6]],
    ['at a time', (name: string) => ({ opt_start_time: name }), [3, 4, 5, 6]],
    ['with a filter', () => ({ filter_subject: '*.a' }), [1, 3, 5, 6]],
    ['at a sequence, filtered', () => ({ opt_start_seq: 2, filter_subject: '*.b' }), [2, 4]],
  ])('begins %s', async (_, begin, expected) => {
    const origin = await api.stream();
    const publish = (rest: string): Promise<unknown> =>
      api.publish(origin, `${origin}.${rest}`, rest);
    for (const rest of ['a', 'b']) await publish(rest);
    clock.step(1000);
    const time = clock.inMs(0);
    for (const rest of ['a', 'b', 'a']) await publish(rest);
    const mirror = await mirrorOf(api, origin, begin(time));
    await publish('a');
    await untilHolds(served, mirror, expected.length);
    const all = await recordsOf(served, origin);
    const records = await recordsOf(served, mirror);
    expect(records).toEqual(all.filter(({ seq }) => expected.includes(seq)));
  });

  test('begins when its origin is made', async () => {
    const origin = freshName();
    const mirror = await mirrorOf(api, origin, { opt_start_seq: 2 });
    expect(await recordsOf(served, mirror)).toEqual([]);
    await api.put(origin, { subjects: [`${origin}.>`] });
    await api.fill(origin, 3);
    await untilAt(served, mirror, 3);
    expect(await recordsOf(served, mirror)).toEqual((await recordsOf(served, origin)).slice(1));
  });

  test('keeps what it has when its origin goes, and gives no sequence another message', async () => {
    const origin = await api.stream();
    await api.fill(origin, 3);
    const mirror = await mirrorOf(api, origin);
    await untilAt(served, mirror, 3);
    const before = await recordsOf(served, origin);
    expect((await api.ask('DELETE', `/storage/streams/${origin}`)).status).toBe(200);
    await api.put(origin, { subjects: [`${origin}.>`] });
    await api.fill(origin, 5);
    await untilAt(served, mirror, 5);
    const after = await recordsOf(served, origin);
    expect(await recordsOf(served, mirror)).toEqual([...before, ...after.slice(3)]);
  });

  test('has everything anew when it is itself deleted and made again', async () => {
    const origin = await api.stream();
    await api.fill(origin, 3);
    const mirror = await mirrorOf(api, origin);
    await untilAt(served, mirror, 3);
    expect((await api.ask('DELETE', `/storage/streams/${mirror}`)).status).toBe(200);
    await api.deleteMessages(origin, '2');
    await api.put(mirror, { mirror: { name: origin } });
    await untilAt(served, mirror, 3);
    expect(await recordsOf(served, mirror)).toEqual(await recordsOf(served, origin));
  });

  test('keeps what is removed from its origin, and has not again what is removed from it', async () => {
    const origin = await api.stream();
    await api.fill(origin, 4);
    const mirror = await mirrorOf(api, origin);
    await untilAt(served, mirror, 4);
    await api.deleteMessages(origin, '2');
    await api.purge(origin);
    await api.deleteMessages(mirror, '1');
    expect(await api.bodies(mirror)).toEqual([2, 3, 4]);
    await api.purge(mirror);
    await api.publish(origin, `${origin}.a`, 5);
    await untilAt(served, mirror, 5);
    expect(await recordsOf(served, mirror)).toEqual(await recordsOf(served, origin));
    expect(await api.bodies(mirror)).toEqual([5]);
  });

  test('goes on with what is left when its origin has dropped what comes next', async () => {
    const origin = await api.stream({ max_msgs: 5 });
    const mirror = await mirrorOf(api, origin, {}, { max_msgs: 2, discard: 'new' });
    await api.fill(origin, 2);
    await untilAt(served, mirror, 2);
    await api.fill(origin, 20);
    expect((await api.put(mirror, { max_msgs: 100 })).status).toBe(200);
    await untilAt(served, mirror, 22);
    const seqs = (await recordsOf(served, mirror)).map(({ seq }) => seq);
    expect(seqs).toEqual([1, 2, 18, 19, 20, 21, 22]);
  });

  test('has limits of its own, by the times of its origin', async () => {
    const origin = await api.stream();
    await api.fill(origin, 3);
    clock.step(3_600_000);
    await api.fill(origin, 3);
    const newest = await mirrorOf(api, origin, {}, { max_msgs: 2 });
    const young = await mirrorOf(api, origin, {}, { max_age: 60_000_000_000 });
    for (const mirror of [newest, young]) await untilAt(served, mirror, 6);
    await untilHolds(served, young, 3);
    const all = await recordsOf(served, origin);
    expect(await recordsOf(served, newest)).toEqual(all.slice(4));
    expect(await recordsOf(served, young)).toEqual(all.slice(3));
  });
});

onStorageEngines('streams that would copy in a circle', (api) => {
  test('are refused, whichever is made last, and whether or not they are there', async () => {
    const [one, two, three] = [freshName(), freshName(), freshName()];
    const itself = await api.put(one, { mirror: { name: one } });
    expect(verdict(itself)).toBe('400 validation_error');
    expect((await api.put(one, { mirror: { name: two } })).status).toBe(200);
    expect(verdict(await api.put(two, { mirror: { name: one } }))).toBe('400 origin_cycle');
    expect((await api.put(two, { sources: [{ name: 'apart' }, { name: three }] })).status).toBe(
      200,
    );
    const closing = { name: three, subjects: [three], sources: [{ name: one }] };
    expect(verdict(await api.ask('POST', '/storage/streams', closing))).toBe('400 origin_cycle');
    expect(verdict(await api.ask('GET', `/storage/streams/${three}`))).toBe('404 not_found');
    expect((await api.put(three, { subjects: [three] })).status).toBe(200);
    expect(verdict(await api.put(three, closing))).toBe('400 origin_cycle');
    expect(at((await api.look(three)).config, 'sources')).toEqual([]);
  });
});
