import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';
import { REFERENCE } from './reference.ts';

const SUCCESS = '{"message":"success"}';

onStorageEngines('creating or updating a stream by PUT', (api) => {
  test('does what the examples of the contract say, one after another', async () => {
    const name = freshName();
    const { update_description, update_limits, full_update } = REFERENCE.examples;
    const described = await api.put(name, update_description.value);
    expect([described.status, described.text]).toEqual([200, SUCCESS]);
    expect((await api.look(name)).config).toMatchObject({
      description: 'Updated description for the user events stream',
      subjects: [name],
      max_msgs: -1,
      max_bytes: -1,
      max_msg_size: -1,
    });
    const limited = await api.put(name, update_limits.value);
    expect([limited.status, limited.text]).toEqual([200, SUCCESS]);
    expect((await api.look(name)).config).toMatchObject({
      description: 'Updated description for the user events stream',
      max_msgs: 2_000_000,
      max_bytes: 209_715_200,
      max_msg_size: 131_072,
    });
    const full = await api.put(name, full_update.value);
    expect([full.status, full.text]).toEqual([200, SUCCESS]);
    expect((await api.look(name)).config).toMatchObject(full_update.value);
  });

  test('leaves as it was what an update leaves out', async () => {
    const name = await api.stream({
      max_msgs: 5,
      discard: 'new',
      max_age: 60_000_000_000,
      metadata: { team: 'a' },
    });
    const before = await api.look(name);
    expect((await api.put(name, {})).status).toBe(200);
    expect(await api.look(name)).toEqual(before);
    expect((await api.put(name, { max_bytes: 9 })).status).toBe(200);
    const after = await api.look(name);
    expect(after.config).toEqual({ ...Object(before.config), max_bytes: 9 });
  });

  test('is refused with 400 where something is fixed at creation, and nothing changes', async () => {
    const name = await api.stream({ storage: 'memory' });
    const before = await api.look(name);
    const changes = [{ storage: 'file' }, { retention: 'interest' }, { name: 'other' }];
    for (const change of changes) {
      const answer = await api.put(name, { ...change, max_msgs: 7, description: 'changed' });
      expect(verdict(answer)).toBe('400 validation_error');
    }
    expect(await api.look(name)).toEqual(before);
  });

  test('may say again what is fixed', async () => {
    const name = await api.stream();
    const again = { name, storage: 'file', retention: 'Limits' };
    expect((await api.put(name, again)).status).toBe(200);
    expect((await api.put(name, { retention: 'limits' })).status).toBe(200);
  });

  test.each(['a', 'A-z_0-9', 'x'.repeat(255), '__proto__', 'constructor', '%41bc'])(
    'takes the name %s',
    async (name) => {
      expect((await api.put(name, {})).text).toBe(SUCCESS);
      expect((await api.ask('DELETE', `/storage/streams/${name}`)).status).toBe(200);
    },
  );

  test.each([
    '',
    'x'.repeat(256),
    'a.b',
    'a%20b',
    'a%2Fb',
    '%2e%2e',
    '..%2f..%2fetc',
    '%e9',
    '%C3%A9',
    '%00',
    '*',
    '%3E',
    '%',
    '%zz',
    '%ff',
    'a%0d%0ab',
  ])('refuses the name "%s" with 400', async (name) => {
    expect(verdict(await api.put(name, {}))).toBe('400 validation_error');
  });

  test.each(['max_msgs', 'max_bytes', 'max_msg_size'])('takes 1 and more for %s', async (limit) => {
    const name = await api.stream();
    for (const value of [1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      expect((await api.put(name, { [limit]: value })).status).toBe(200);
      expect((await api.look(name)).config).toMatchObject({ [limit]: value });
    }
  });

  const INTEGERS = [
    'max_msgs',
    'max_bytes',
    'max_msg_size',
    'max_age',
    'max_msgs_per_subject',
    'max_consumers',
    'num_replicas',
    'duplicate_window',
  ];
  test.each(INTEGERS)('refuses for %s what is no integer of at least 1', async (limit) => {
    const name = await api.stream();
    for (const value of [0, -1, 1.5, '1', '', true, false, null, [], {}, [1], 1e300]) {
      const answer = await api.put(name, { [limit]: value });
      expect([value, verdict(answer)]).toEqual([value, '400 validation_error']);
      expect(answer.text).toContain(limit);
    }
  });

  test.each([
    ['description', 5],
    ['description', null],
    ['description', '\ud800'],
    ['subjects', 'a'],
    ['subjects', [5]],
    ['subjects', ['a..b']],
    ['subjects', ['a.>.b']],
    ['subjects', ['']],
    ['subjects', ['a b']],
    ['subjects', ['x.>', 'x.y']],
    ['discard', 2],
    ['discard', 'oldest'],
    ['discard', null],
    ['storage', 'disk'],
    ['retention', 'workqueue'],
    ['metadata', { a: 1 }],
    ['metadata', []],
    ['mirror', 'other'],
    ['mirror', {}],
    ['mirror', { name: 'a.b' }],
    ['sources', [{ name: 'a', opt_start_seq: 0 }]],
    ['sources', [{ name: 'a', opt_start_time: 'yesterday' }]],
    ['sources', [{ name: 'a', filter_subject: '..' }]],
    ['sealed', 'true'],
    ['deny_delete', 1],
    ['deny_purge', null],
  ])('refuses %s of %j with 400', async (property, value) => {
    const answer = await api.put(freshName(), { [property]: value });
    expect(verdict(answer)).toBe('400 validation_error');
    expect(answer.text).toContain(property);
  });

  test.each(['', ' ', '{', '[]', '[1]', 'null', '1', '"a"', '{}x', '{"max_msgs":01}', '{"a":1,}'])(
    'refuses the body %j with 400',
    async (body) => {
      expect(verdict(await api.put(freshName(), body))).toBe('400 validation_error');
    },
  );

  test('passes over properties that it does not know', async () => {
    const name = freshName();
    expect((await api.put(name, { max_msgs: 3, compression: 's2' })).status).toBe(200);
    expect((await api.look(name)).config).toMatchObject({ max_msgs: 3 });
  });

  test('takes no member for a prototype', async () => {
    const name = freshName();
    const body = '{"__proto__":{"max_msgs":1},"constructor":{"prototype":{}},"max_bytes":10}';
    expect((await api.put(name, body)).status).toBe(200);
    expect((await api.look(name)).config).toMatchObject({ max_msgs: -1, max_bytes: 10 });
    const metadata = '{"metadata":{"__proto__":"x","constructor":"y"}}';
    expect((await api.put(name, metadata)).status).toBe(200);
    expect((await api.look(name)).config).toMatchObject({ metadata: { constructor: 'y' } });
  });

  test('refuses more copies than there can be, with the reason', async () => {
    const answer = await api.put(freshName(), { num_replicas: 3 });
    expect(verdict(answer)).toBe('400 validation_error');
    expect(answer.text).toMatch(/num_replicas must be at most 1/);
  });

  test('makes streams of different names at once, and one of the same name', async () => {
    const name = freshName();
    const limits = Array.from({ length: 20 }, (_, index) => ({ max_msgs: index + 1 }));
    const answers = await Promise.all(limits.map((limit) => api.put(name, limit)));
    expect(answers.map(({ status }) => status)).toEqual(limits.map(() => 200));
    const found = await api.look(name);
    expect(limits.map(({ max_msgs }) => max_msgs)).toContain(at(found.config, 'max_msgs'));
  });
});
