import { expect, test } from 'vitest';
import {
  recordsOf,
  stateOf,
  untilAt,
  untilHolds,
  type StreamRecord,
} from '../../support/http/copies.ts';
import { freshName } from '../../support/http/engines.ts';
import { holdClock } from '../../support/http/held-clock.ts';
import {
  onStorageEngines,
  verdict,
  type StorageApiClient,
} from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';
import { until } from '../../support/http/until.ts';

const clock = holdClock();

/** A new stream that captures what is below its name, and takes what the sources have. */
async function gather(
  api: StorageApiClient,
  sources: readonly object[],
  settings: object = {},
): Promise<string> {
  return api.stream({ sources, ...settings });
}

/** What came from a source: the messages whose subjects are below its name. */
function from(records: readonly StreamRecord[], source: string): unknown[] {
  return records
    .filter(({ subject }) => subject.startsWith(`${source}.`))
    .map(({ subject, body }) => [subject, body]);
}

onStorageEngines('a stream with sources', (api) => {
  const { served } = api;

  test('has what is on each and what comes, in the order of each, under its own sequences', async () => {
    const [eu, us] = [await api.stream(), await api.stream()];
    await api.fill(eu, 1500);
    await api.fill(us, 3);
    await api.deleteMessages(eu, '2,1000');
    clock.step(1000);
    const all = await gather(api, [{ name: eu }, { name: us }]);
    for (let round = 1; round <= 10; round += 1) {
      await Promise.all([
        api.publish(all, `${all}.own`, round),
        api.publish(eu, `${eu}.more`, round),
        api.publish(us, `${us}.more`, round),
      ]);
    }
    await untilAt(served, all, 1498 + 3 + 3 * 10);
    const records = await recordsOf(served, all);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    for (const source of [eu, us]) {
      expect(from(records, source)).toEqual(from(await recordsOf(served, source), source));
    }
    expect(from(records, all)).toHaveLength(10);
    // A message that is copied is a new one here.
    expect(new Set(records.map(({ created }) => created))).toEqual(new Set([clock.inMs(0)]));
  });

  test('takes of each source what its filter matches, from where it is to begin', async () => {
    const [eu, us, apac] = [await api.stream(), await api.stream(), await api.stream()];
    for (const name of [eu, us, apac]) {
      await api.batch(name, [
        { subject: `${name}.a`, body: 1 },
        { subject: `${name}.b`, body: 2 },
      ]);
    }
    clock.step(1000);
    const begin = clock.inMs(0);
    for (const name of [eu, us, apac]) {
      await api.batch(name, [
        { subject: `${name}.a`, body: 3 },
        { subject: `${name}.b`, body: 4 },
      ]);
    }
    const all = await gather(api, [
      { name: eu, filter_subject: `${eu}.b` },
      { name: us, opt_start_seq: 2, filter_subject: '*.a' },
      { name: apac, opt_start_time: begin },
    ]);
    await untilHolds(served, all, 5);
    const records = await recordsOf(served, all);
    const bodies = (name: string): unknown[] => from(records, name).map((each) => at(each, '1'));
    expect([bodies(eu), bodies(us), bodies(apac)]).toEqual([[2, 4], [3], [3, 4]]);
  });

  test('begins with a source when that is made, and again when it is made anew', async () => {
    const [eu, us] = [freshName(), await api.stream()];
    const all = await gather(api, [{ name: eu }, { name: us }]);
    await api.fill(us, 1);
    await untilAt(served, all, 1);
    for (const last of [3, 5]) {
      await api.put(eu, { subjects: [`${eu}.>`] });
      await api.fill(eu, 2);
      await untilAt(served, all, last);
      expect((await api.ask('DELETE', `/storage/streams/${eu}`)).status).toBe(200);
    }
    expect(await api.bodies(all)).toEqual([1, 1, 2, 1, 2]);
  });

  test('waits while it is full with what it has no room for, and misses only what is dropped', async () => {
    const [eu, us] = [await api.stream({ max_msgs: 4 }), await api.stream()];
    const all = await gather(api, [{ name: eu }, { name: us }], { max_msgs: 2, discard: 'new' });
    await api.fill(eu, 4);
    await untilAt(served, all, 2);
    expect(verdict(await api.publish(all, `${all}.a`, 1))).toBe('400 max_msgs_reached');
    await api.fill(eu, 9);
    await api.fill(us, 2);
    expect((await api.put(all, { max_msgs: 100 })).status).toBe(200);
    await untilAt(served, all, 8);
    const records = await recordsOf(served, all);
    expect(from(records, eu).map((each) => at(each, '1'))).toEqual([1, 2, 6, 7, 8, 9]);
    expect(from(records, us).map((each) => at(each, '1'))).toEqual([1, 2]);
  });

  test('keeps what is removed from a source, and has not again what is removed from it', async () => {
    const eu = await api.stream();
    await api.fill(eu, 3);
    const all = await gather(api, [{ name: eu }]);
    await untilAt(served, all, 3);
    await api.purge(eu);
    await api.deleteMessages(all, '2');
    expect(await api.bodies(all)).toEqual([1, 3]);
    await api.purge(all);
    await api.fill(eu, 1);
    await untilAt(served, all, 4);
    expect(await api.bodies(all)).toEqual([1]);
  });

  test('takes nothing more of a source that it is rid of, and goes on when it has it again', async () => {
    const [eu, us] = [await api.stream(), await api.stream()];
    const all = await gather(api, [{ name: eu }, { name: us }]);
    await api.fill(eu, 1);
    await untilAt(served, all, 1);
    expect((await api.put(all, { sources: [{ name: us }] })).status).toBe(200);
    await api.batch(eu, [{ subject: `${eu}.a`, body: 'meanwhile' }]);
    await api.fill(us, 1);
    await untilAt(served, all, 2);
    expect(from(await recordsOf(served, all), eu)).toHaveLength(1);
    expect((await api.put(all, { sources: [{ name: us }, { name: eu }] })).status).toBe(200);
    await untilAt(served, all, 3);
    expect(await api.bodies(all)).toEqual([1, 1, 'meanwhile']);
  });

  test('passes on what it takes: copies of copies come in order and once', async () => {
    const eu = await api.stream();
    const gathered = await gather(api, [{ name: eu }]);
    const mirror = freshName();
    await api.put(mirror, { mirror: { name: gathered } });
    const last = await gather(api, [{ name: mirror }]);
    for (let round = 0; round < 5; round += 1) await api.fill(eu, 3);
    await untilAt(served, last, 15);
    expect(await recordsOf(served, mirror)).toEqual(await recordsOf(served, gathered));
    expect(from(await recordsOf(served, last), eu)).toEqual(from(await recordsOf(served, eu), eu));
  });

  test('is one stream among others: its messages are limited as all are', async () => {
    const eu = await api.stream();
    const all = await gather(api, [{ name: eu }], { max_msgs_per_subject: 1, max_msgs: 3 });
    for (let round = 0; round < 4; round += 1) await api.fill(eu, 4);
    await untilAt(served, all, 16);
    expect(await api.bodies(all)).toEqual([2, 3, 4]);
    expect(await stateOf(served, all, 'num_subjects')).toBe(3);
  });

  test.each([
    ['the stream itself', (name: string) => [{ name }]],
    ['a source twice', () => [{ name: 'eu' }, { name: 'eu', filter_subject: 'eu.a' }]],
    ['two beginnings', () => [{ name: 'eu', opt_start_seq: 1, opt_start_time: clock.inMs(0) }]],
    ['a sequence before the first', () => [{ name: 'eu', opt_start_seq: 0 }]],
    ['a time that is none', () => [{ name: 'eu', opt_start_time: '2030-02-30 10:00' }]],
    ['a name that is none', () => [{ name: 'eu.west' }]],
    ['a filter that is none', () => [{ name: 'eu', filter_subject: 'eu..a' }]],
    ['more than there may be', () => Array.from({ length: 65 }, (_, i) => ({ name: `eu${i}` }))],
  ])('may not have %s', async (_, sources) => {
    const name = freshName();
    expect(verdict(await api.put(name, { sources: sources(name) }))).toBe('400 validation_error');
    expect(verdict(await api.ask('GET', `/storage/streams/${name}`))).toBe('404 not_found');
  });
});

onStorageEngines('a stream that copies, and is deleted while it does', (api) => {
  const { served } = api;

  test('stays away, and what takes its name has only what is its own', async () => {
    const eu = await api.stream();
    for (let round = 0; round < 5; round += 1) {
      await api.fill(eu, 2000);
      const all = await gather(api, [{ name: eu }]);
      expect((await api.ask('DELETE', `/storage/streams/${all}`)).status).toBe(200);
      await api.put(all, { subjects: [`${all}.>`] });
      await api.publish(all, `${all}.a`, 'own');
      const witness = await gather(api, [{ name: eu }]);
      await until('another stream has copied it all', async () => {
        return (await stateOf(served, witness, 'last_seq')) === 2000 * (round + 1);
      });
      expect(await api.bodies(all)).toEqual(['own']);
    }
  });
});
