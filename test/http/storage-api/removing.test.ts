import { expect, test } from 'vitest';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';

onStorageEngines('deleting messages', (api) => {
  test('removes those of the sequences that are there', async () => {
    const name = await api.stream();
    await api.fill(name, 5);
    const answer = await api.deleteMessages(name, '2,4,9');
    expect([answer.status, answer.text]).toEqual([200, '{"message":"success"}']);
    expect(await api.bodies(name)).toEqual([1, 3, 5]);
    expect((await api.deleteMessages(name, '2')).status).toBe(200);
    const gone = await api.ask('GET', `/storage/streams/${name}/messages/2`);
    expect(verdict(gone)).toBe('404 not_found');
  });

  test('never makes a sequence come again', async () => {
    const name = await api.stream();
    await api.fill(name, 3);
    expect((await api.deleteMessages(name, '3,2,1')).status).toBe(200);
    expect((await api.publish(name, `${name}.a`, 'next')).json).toMatchObject({ seq: 4 });
  });

  test.each([
    '',
    '0',
    '-1',
    '1.5',
    'a',
    '1,,2',
    '1, 2',
    ',1',
    '1,',
    '0x1',
    '1;2',
    '1&sequences=2',
    '%zz',
  ])('refuses the sequences "%s"', async (sequences) => {
    const name = await api.stream();
    await api.fill(name, 2);
    const written = sequences.replace(' ', '%20');
    expect(verdict(await api.deleteMessages(name, written))).toBe('400 validation_error');
    expect(await api.bodies(name)).toEqual([1, 2]);
  });

  test('needs sequences', async () => {
    const name = await api.stream();
    const answer = await api.ask('DELETE', `/storage/streams/${name}/messages`);
    expect(verdict(answer)).toBe('400 validation_error');
    expect(answer.text).toContain('sequences');
  });

  test('is refused where the stream denies it, and purging is not', async () => {
    const name = await api.stream({ deny_delete: true });
    await api.fill(name, 2);
    expect(verdict(await api.deleteMessages(name, '1'))).toBe('400 delete_denied');
    expect((await api.purge(name)).status).toBe(200);
  });
});

onStorageEngines('purging', (api) => {
  test('removes everything, and sequences go on', async () => {
    const name = await api.stream();
    await api.fill(name, 4);
    const answer = await api.purge(name);
    expect([answer.status, answer.text]).toEqual([200, '{"message":"success"}']);
    expect(await api.bodies(name)).toEqual([]);
    expect((await api.publish(name, `${name}.a`, 1)).json).toMatchObject({ seq: 5 });
  });

  test('takes an empty body, with and without a type, for none', async () => {
    const name = await api.stream();
    for (const headers of [{}, { 'Content-Type': 'application/json' }]) {
      await api.fill(name, 2);
      const path = `/storage/stream/${name}/purge`;
      expect((await api.ask('DELETE', path, '', headers)).status).toBe(200);
      expect(await api.bodies(name)).toEqual([]);
    }
    await api.fill(name, 2);
    expect((await api.purge(name, {})).status).toBe(200);
    expect(await api.bodies(name)).toEqual([]);
  });

  test('leaves the newest, or what comes from a sequence on', async () => {
    const name = await api.stream();
    await api.fill(name, 6);
    expect((await api.purge(name, { keep: 4 })).status).toBe(200);
    expect(await api.bodies(name)).toEqual([3, 4, 5, 6]);
    expect((await api.purge(name, { up_to_sequence: 5 })).status).toBe(200);
    expect(await api.bodies(name)).toEqual([5, 6]);
    expect((await api.purge(name, { keep: 9 })).status).toBe(200);
    expect((await api.purge(name, { up_to_sequence: 1 })).status).toBe(200);
    expect(await api.bodies(name)).toEqual([5, 6]);
    expect((await api.purge(name, { up_to_sequence: 1000 })).status).toBe(200);
    expect(await api.bodies(name)).toEqual([]);
  });

  test('can be of some subjects alone', async () => {
    const name = await api.stream();
    const subjects = ['a', 'b', 'a.x', 'b', 'a.y', 'a'];
    await api.batch(
      name,
      subjects.map((each, index) => ({ subject: `${name}.${each}`, body: `${each}${index + 1}` })),
    );
    expect((await api.purge(name, { subject: `${name}.a`, keep: 1 })).status).toBe(200);
    expect(await api.bodies(name)).toEqual(['b2', 'a.x3', 'b4', 'a.y5', 'a6']);
    expect((await api.purge(name, { subject: `${name}.a.*`, up_to_sequence: 5 })).status).toBe(200);
    expect(await api.bodies(name)).toEqual(['b2', 'b4', 'a.y5', 'a6']);
    expect((await api.purge(name, { subject: `${name}.b` })).status).toBe(200);
    expect(await api.bodies(name)).toEqual(['a.y5', 'a6']);
  });

  test.each([
    { keep: 0 },
    { keep: '1' },
    { keep: 1.5 },
    { keep: null },
    { up_to_sequence: 0 },
    { up_to_sequence: true },
    { subject: 'a..b' },
    { subject: '' },
    { subject: 5 },
    { keep: 1, up_to_sequence: 2 },
    'null',
    '[]',
    '{',
  ])('refuses %j, and removes nothing', async (request) => {
    const name = await api.stream();
    await api.fill(name, 2);
    expect(verdict(await api.purge(name, request))).toBe('400 validation_error');
    expect(await api.bodies(name)).toEqual([1, 2]);
  });

  test('is refused where the stream denies it, and deleting is not', async () => {
    const name = await api.stream({ deny_purge: true });
    await api.fill(name, 3);
    for (const request of [undefined, { keep: 1 }, { subject: `${name}.1` }]) {
      expect(verdict(await api.purge(name, request))).toBe('400 purge_denied');
    }
    expect((await api.deleteMessages(name, '1')).status).toBe(200);
    expect(await api.bodies(name)).toEqual([2, 3]);
  });
});

onStorageEngines('a sealed stream', (api) => {
  test('changes no more, and is read and deleted as ever', async () => {
    const name = await api.stream();
    await api.fill(name, 2);
    expect((await api.put(name, { sealed: true })).status).toBe(200);
    expect(verdict(await api.publish(name, `${name}.a`, 1))).toBe('400 stream_sealed');
    expect(verdict(await api.deleteMessages(name, '1'))).toBe('400 stream_sealed');
    expect(verdict(await api.purge(name))).toBe('400 stream_sealed');
    expect(verdict(await api.put(name, { sealed: false }))).toBe('400 validation_error');
    expect(await api.bodies(name)).toEqual([1, 2]);
    expect((await api.ask('DELETE', `/storage/streams/${name}`)).status).toBe(200);
  });

  test.each(['deny_delete', 'deny_purge'])('%s cannot be taken back', async (property) => {
    const name = await api.stream({ [property]: true });
    expect(verdict(await api.put(name, { [property]: false }))).toBe('400 validation_error');
    expect((await api.put(name, { [property]: true, max_msgs: 5 })).status).toBe(200);
  });
});
