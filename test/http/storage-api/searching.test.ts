import { expect, test } from 'vitest';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';

onStorageEngines('searching by subject', (api) => {
  test('finds messages with their subjects, oldest first', async () => {
    const name = await api.stream();
    const subjects = ['eu.paid', 'us.paid', 'eu.sent', 'eu.paid'];
    await api.batch(
      name,
      subjects.map((each, n) => ({ subject: `${name}.${each}`, body: { n } })),
    );
    const answer = await api.search(name, `search=${name}.eu.paid`);
    const created: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
    const duration: unknown = expect.any(Number);
    expect(answer.json).toEqual({
      body: {
        results: [
          { subject: `${name}.eu.paid`, value: '{"n":0}', created },
          { subject: `${name}.eu.paid`, value: '{"n":3}', created },
        ],
        results_total: 2,
      },
      metadata: {
        stream: name,
        search: `${name}.eu.paid`,
        hits: 2,
        duration,
      },
    });
    const found = async (search: string): Promise<unknown[]> =>
      api.bodies(name, `search=${encodeURIComponent(search)}`);
    expect(await found(`${name}.*.paid`)).toEqual([{ n: 0 }, { n: 1 }, { n: 3 }]);
    expect(await found(`${name}.eu.>`)).toEqual([{ n: 0 }, { n: 2 }, { n: 3 }]);
    expect(await found('>')).toHaveLength(4);
    expect(await found(`${name}.eu`)).toEqual([]);
    expect(await found('elsewhere.>')).toEqual([]);
  });

  test('finds ten unless told otherwise, a thousand at most, and goes on from a sequence', async () => {
    const name = await api.stream();
    for (let round = 0; round < 12; round += 1) await api.fill(name, 100);
    const many = async (query: string): Promise<number> =>
      (await api.bodies(name, `search=%3E&${query}`)).length;
    expect(await many('')).toBe(10);
    expect(await many('limit=1')).toBe(1);
    expect(await many('limit=1000')).toBe(1000);
    expect(await many('limit=1000&start_seq=301')).toBe(900);
    expect(await many('limit=1000&start_seq=9999')).toBe(0);
    expect(await api.bodies(name, 'search=%3E&limit=3&start_seq=198')).toEqual([98, 99, 100]);
    expect(await api.bodies(name, `search=${name}.7&limit=2&start_seq=8`)).toEqual([7, 7]);
  });

  test.each([
    '',
    'search=',
    'search=a..b',
    'search=a.>.b',
    'search=a%20b',
    'search=%zz',
    'search=%ff',
    'search=a&search=b',
    'search=a&limit=0',
    'search=a&limit=1001',
    'search=a&limit=-1',
    'search=a&limit=1.5',
    'search=a&limit=ten',
    'search=a&limit=',
    'search=a&limit=1&limit=2',
    'search=a&start_seq=0',
    'search=a&start_seq=x',
    `search=${'a'.repeat(1025)}`,
  ])('refuses ?%s', async (query) => {
    const name = await api.stream();
    expect(verdict(await api.search(name, query))).toBe('400 validation_error');
  });

  test('passes over parameters that it does not know', async () => {
    const name = await api.stream();
    await api.fill(name, 2);
    expect(await api.bodies(name, 'search=%3E&__proto__=x&color=red&%zz=1')).toEqual([1, 2]);
  });
});

onStorageEngines('reading a message', (api) => {
  test('gives what is at its sequence', async () => {
    const name = await api.stream();
    await api.fill(name, 2);
    const answer = await api.ask('GET', `/storage/streams/${name}/messages/2`);
    expect(at(answer.json, 'body')).toMatchObject({ seq: 2, subject: `${name}.2`, value: '2' });
    expect(at(answer.json, 'metadata', 'stream')).toBe(name);
    expect(verdict(await api.ask('GET', `/storage/streams/${name}/messages/3`))).toBe(
      '404 not_found',
    );
    expect((await api.ask('HEAD', `/storage/streams/${name}/messages/2`)).status).toBe(200);
  });

  test.each(['0', '-1', '1.0', 'a', '', '01', '%31x', '99999999999999999999'])(
    'refuses the sequence "%s"',
    async (seq) => {
      const name = await api.stream();
      const answer = await api.ask('GET', `/storage/streams/${name}/messages/${seq}`);
      expect(verdict(answer)).toBe('400 validation_error');
    },
  );
});
