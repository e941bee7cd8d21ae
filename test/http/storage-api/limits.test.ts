import { expect, test } from 'vitest';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';

onStorageEngines('a stream at its limit', (api) => {
  test('drops its oldest messages when it discards old ones', async () => {
    const name = await api.stream({ max_msgs: 3 });
    await api.fill(name, 5);
    expect(await api.bodies(name)).toEqual([3, 4, 5]);
    expect((await api.look(name)).state).toMatchObject({ first_seq: 3, last_seq: 5, messages: 3 });
  });

  test('refuses new messages when it discards new ones, and says which limit', async () => {
    const name = await api.stream({ max_msgs: 2, discard: 'new' });
    await api.fill(name, 2);
    expect(verdict(await api.publish(name, `${name}.a`, 3))).toBe('400 max_msgs_reached');
    expect(await api.bodies(name)).toEqual([1, 2]);
    expect((await api.deleteMessages(name, '1')).status).toBe(200);
    expect((await api.publish(name, `${name}.a`, 3)).json).toMatchObject({ seq: 3 });
  });

  test('counts the bytes of subjects and bodies', async () => {
    const bodies = 100;
    const name = await api.stream({ discard: 'new' });
    const subject = `${name}.a`;
    const bytes = 2 * (subject.length + bodies + 2);
    expect((await api.put(name, { max_bytes: bytes })).status).toBe(200);
    for (const seq of [1, 2]) {
      expect((await api.publish(name, subject, 'x'.repeat(bodies))).json).toMatchObject({ seq });
    }
    expect((await api.look(name)).state).toMatchObject({ bytes });
    expect(verdict(await api.publish(name, subject, 1))).toBe('400 max_bytes_reached');
  });

  test('holds so many messages of a subject and no more', async () => {
    const old = await api.stream({ max_msgs_per_subject: 1 });
    for (const n of [1, 2, 3]) await api.publish(old, `${old}.${n % 2}`, n);
    expect(await api.bodies(old)).toEqual([2, 3]);
    const fresh = await api.stream({ max_msgs_per_subject: 1, discard: 'new' });
    await api.publish(fresh, `${fresh}.a`, 1);
    expect(verdict(await api.publish(fresh, `${fresh}.a`, 2))).toBe(
      '400 max_msgs_per_subject_reached',
    );
    expect((await api.publish(fresh, `${fresh}.b`, 2)).status).toBe(200);
  });

  test('refuses a body that is larger than one may be', async () => {
    const name = await api.stream({ max_msg_size: 10 });
    expect((await api.publish(name, `${name}.a`, 'x'.repeat(8))).status).toBe(200);
    expect(verdict(await api.publish(name, `${name}.a`, 'x'.repeat(9)))).toBe(
      '400 max_msg_size_exceeded',
    );
  });

  test('stores a batch whole or not at all', async () => {
    const name = await api.stream({ max_msgs: 2, discard: 'new' });
    const messages = [1, 2, 3].map((body) => ({ subject: `${name}.a`, body }));
    expect(verdict(await api.batch(name, messages))).toBe('400 max_msgs_reached');
    expect((await api.look(name)).state).toMatchObject({ messages: 0, last_seq: 0 });
    expect((await api.batch(name, messages.slice(0, 2))).json).toMatchObject({ seq: 2 });
  });

  test('drops messages when they are too old', async () => {
    const name = await api.stream();
    await api.fill(name, 2);
    expect((await api.put(name, { max_age: 1_000_000 })).status).toBe(200);
    await expect.poll(() => api.bodies(name), { timeout: 20_000 }).toEqual([]);
    expect((await api.look(name)).state).toMatchObject({ messages: 0, last_seq: 2 });
  });

  test.each([
    [{ max_msgs: 2 }, [5, 6]],
    [{ max_bytes: 40 }, undefined],
    [{ max_msgs_per_subject: 1 }, [5, 6]],
  ])('that is lowered to %j trims at once', async (limit, left) => {
    const name = await api.stream();
    for (const n of [1, 2, 3, 4, 5, 6]) await api.publish(name, `${name}.${n % 2}`, n);
    expect((await api.put(name, limit)).status).toBe(200);
    const bodies = await api.bodies(name);
    if (left === undefined) {
      expect(Number(at((await api.look(name)).state, 'bytes'))).toBeLessThanOrEqual(40);
      expect(bodies.at(-1)).toBe(6);
    } else {
      expect(bodies).toEqual(left);
    }
    expect((await api.look(name)).state).toMatchObject({ last_seq: 6 });
  });
});
