import { describe, expect, test } from 'vitest';
import { freshName, onBothEngines, serve } from '../../support/http/engines.ts';
import type { Answer } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const CLOSE = { 'Stream-Closed': 'true' };

onBothEngines('the create page: preconditions', {}, (server) => {
  async function stream(body = 'abc'): Promise<{ path: string; tag: string }> {
    const path = `/demo/${freshName()}`;
    const { tag } = await server.put(path, { headers: TEXT, body });
    return { path, tag };
  }

  const put = (path: string, headers: Record<string, string>): Promise<Answer> =>
    server.put(path, { headers: { ...TEXT, ...headers }, body: 'x' });

  const post = (path: string, headers: Record<string, string>, body = 'x'): Promise<Answer> =>
    server.post(path, { headers: { ...TEXT, ...headers }, body });

  describe('If-Match on PUT', () => {
    test.each(['*', '"some"', 'W/"some"', '"some", "other"'])(
      'where no stream is, %s is 412 and makes none',
      async (tags) => {
        const path = `/demo/${freshName()}`;
        const refused = await put(path, { 'If-Match': tags });
        expect(refused.verdict).toBe('412 precondition-failed');
        expect(refused.header('etag')).toBeUndefined();
        expect((await server.head(path)).status).toBe(404);
      },
    );

    test('with the tag of the stream, or any, is 200', async () => {
      const { path, tag } = await stream();
      for (const tags of [tag, '*', `"other", ${tag}`, ` ${tag} ,"other"`]) {
        const answer = await put(path, { 'If-Match': tags });
        expect([answer.status, answer.tag]).toEqual([200, tag]);
      }
    });

    test('with another tag is 412, tells the right one, and changes nothing', async () => {
      const { path, tag } = await stream();
      // Strong comparison: a weak tag matches nothing.
      for (const tags of ['"other"', `W/${tag}`, `"${tag.slice(1, -1)}x"`]) {
        const refused = await put(path, { 'If-Match': tags });
        expect(refused.verdict).toBe('412 precondition-failed');
        expect(refused.tag).toBe(tag);
      }
      expect((await server.get(path)).text).toBe('abc');
      expect((await server.head(path)).tag).toBe(tag);
    });

    test('is judged before the configurations are compared', async () => {
      const { path, tag } = await stream();
      const differing = { 'Content-Type': 'text/html' };
      const other = await put(path, { ...differing, 'If-Match': '"other"' });
      expect(other.verdict).toBe('412 precondition-failed');
      const same = await put(path, { ...differing, 'If-Match': tag });
      expect(same.verdict).toBe('409 stream-differs');
    });

    test('with a tag from before an append is 412', async () => {
      const { path, tag } = await stream();
      await post(path, {});
      expect((await put(path, { 'If-Match': tag })).verdict).toBe('412 precondition-failed');
    });
  });

  describe('If-None-Match on PUT', () => {
    test('* makes a stream where none is, and only there', async () => {
      const path = `/demo/${freshName()}`;
      expect((await put(path, { 'If-None-Match': '*' })).status).toBe(201);
      const again = await put(path, { 'If-None-Match': '*' });
      expect(again.verdict).toBe('412 precondition-failed');
      const other = await put(path, { 'If-None-Match': '*', 'Content-Type': 'text/html' });
      expect(other.verdict).toBe('412 precondition-failed');
    });

    test('* lets one of many make the stream', async () => {
      const path = `/demo/${freshName()}`;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => put(path, { 'If-None-Match': '*' })),
      );
      const verdicts = answers.map(({ verdict }) => verdict);
      expect(verdicts.filter((verdict) => verdict === '201')).toHaveLength(1);
      expect(verdicts.filter((verdict) => verdict === '412 precondition-failed')).toHaveLength(19);
      expect((await server.get(path)).text).toBe('x');
    });

    test('with the tag of the stream, weak or not, is 412, and with another 200', async () => {
      const { path, tag } = await stream();
      for (const tags of [tag, `W/${tag}`, `"other", ${tag}`]) {
        const refused = await put(path, { 'If-None-Match': tags });
        expect(refused.verdict).toBe('412 precondition-failed');
      }
      expect((await put(path, { 'If-None-Match': '"other"' })).status).toBe(200);
      expect((await put(`/demo/${freshName()}`, { 'If-None-Match': tag })).status).toBe(201);
    });
  });

  describe('If-Match on POST', () => {
    test('appends only if the stream has not moved', async () => {
      const { path, tag } = await stream();
      const appended = await post(path, { 'If-Match': tag }, 'def');
      expect(appended.status).toBe(204);
      const stale = await post(path, { 'If-Match': tag }, 'ghi');
      expect(stale.verdict).toBe('412 precondition-failed');
      expect(stale.tag).toBe(appended.tag);
      expect((await post(path, { 'If-Match': appended.tag }, 'ghi')).status).toBe(204);
      expect((await server.get(path)).text).toBe('abcdefghi');
    });

    test('lets one of many through', async () => {
      const { path, tag } = await stream('');
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, index) => post(path, { 'If-Match': tag }, `<${index}>`)),
      );
      const winners = answers.flatMap(({ status }, index) => (status === 204 ? [index] : []));
      expect(winners).toHaveLength(1);
      for (const { status } of answers) expect([204, 412]).toContain(status);
      expect((await server.get(path)).text).toBe(`<${winners[0] ?? ''}>`);
    });

    test('guards a closing, with data or without', async () => {
      const { path, tag } = await stream();
      await post(path, {});
      const stale = await server.post(path, { headers: { ...CLOSE, 'If-Match': tag } });
      expect(stale.verdict).toBe('412 precondition-failed');
      const now = await server.head(path);
      expect(now.isClosed).toBe(false);
      const closing = await server.post(path, { headers: { ...CLOSE, 'If-Match': now.tag } });
      expect([closing.status, closing.isClosed]).toEqual([204, true]);
    });

    test("does not stand in the way of a producer's retry", async () => {
      const { path, tag } = await stream();
      const headers = {
        'If-Match': tag,
        'Producer-Id': 'p',
        'Producer-Epoch': '0',
        'Producer-Seq': '0',
      };
      expect((await post(path, headers)).status).toBe(200);
      expect((await post(path, headers)).status).toBe(204);
      const next = await post(path, { ...headers, 'Producer-Seq': '1' });
      expect(next.verdict).toBe('412 precondition-failed');
      const fresh = (await server.head(path)).tag;
      const again = { ...headers, 'Producer-Seq': '1', 'If-Match': fresh };
      expect((await post(path, again)).status).toBe(200);
    });

    test('where no stream is, is 404', async () => {
      const path = `/demo/${freshName()}`;
      expect((await post(path, { 'If-Match': '*' })).verdict).toBe('404 stream-not-found');
    });

    test('that is malformed is 400', async () => {
      const { path } = await stream();
      expect((await post(path, { 'If-Match': 'abc' })).verdict).toBe('400 invalid-header');
    });
  });

  describe('If-Match on DELETE', () => {
    test('deletes only the state that was seen', async () => {
      const { path, tag } = await stream();
      const { tag: newTag } = await post(path, {});
      const stale = await server.delete(path, { 'If-Match': tag });
      expect(stale.verdict).toBe('412 precondition-failed');
      expect(stale.tag).toBe(newTag);
      expect((await server.get(path)).text).toBe('abcx');
      expect((await server.delete(path, { 'If-Match': newTag })).status).toBe(204);
      expect((await server.delete(path, { 'If-Match': '*' })).verdict).toBe('404 stream-not-found');
    });

    test('that is malformed is 400 and deletes nothing', async () => {
      const { path } = await stream();
      expect((await server.delete(path, { 'If-Match': 'abc' })).verdict).toBe('400 invalid-header');
      expect((await server.head(path)).status).toBe(200);
    });
  });

  describe('the tag of a stream', () => {
    test('is one on PUT, POST and HEAD', async () => {
      const { path, tag } = await stream();
      expect((await server.head(path)).tag).toBe(tag);
      expect((await put(path, {})).tag).toBe(tag);
      const { tag: appended } = await post(path, {});
      expect((await server.head(path)).tag).toBe(appended);
      expect((await put(path, {})).tag).toBe(appended);
      const { tag: closed } = await server.post(path, { headers: CLOSE });
      expect((await server.head(path)).tag).toBe(closed);
      expect((await put(path, CLOSE)).tag).toBe(closed);
      expect((await server.post(path, { headers: CLOSE })).tag).toBe(closed);
    });

    test('is changed by every append and by closing', async () => {
      const { path, tag } = await stream();
      const tags = new Set([tag]);
      for (let count = 0; count < 10; count += 1) tags.add((await post(path, {})).tag);
      tags.add((await server.post(path, { headers: CLOSE })).tag);
      expect(tags.size).toBe(12);
    });

    test('is changed once by an append that closes', async () => {
      const [one, other] = [await stream(), await stream()];
      const { tag } = await post(one.path, CLOSE);
      expect(tag).not.toBe(one.tag);
      const { tag: appended } = await post(other.path, {});
      expect(appended).not.toBe(tag);
    });

    test('is not changed by what changes no data', async () => {
      const path = `/demo/${freshName()}`;
      const headers = {
        'Stream-TTL': '60',
        'Producer-Id': 'p',
        'Producer-Epoch': '0',
        'Producer-Seq': '0',
      };
      const { tag } = await put(path, headers);
      await server.get(path);
      await post(path, headers);
      await post(path, { 'Content-Type': 'text/html' });
      await server.put(server.freshPath(), { headers: { 'Stream-Forked-From': path } });
      expect((await server.head(path)).tag).toBe(tag);
    });

    test('of a stream deleted and made again is another', async () => {
      const { path, tag } = await stream();
      await server.delete(path);
      const again = await server.put(path, { headers: TEXT, body: 'abc' });
      expect(again.status).toBe(201);
      expect(again.tag).not.toBe(tag);
      expect((await put(path, { 'If-Match': tag })).status).toBe(412);
    });

    test('of two streams is never the same', async () => {
      const [one, other] = [await stream(), await stream()];
      expect(one.tag).not.toBe(other.tag);
    });
  });
});

describe('the create page: preconditions on disk', () => {
  const server = serve('embedded');

  test('a tag is good over a restart', async () => {
    const { tag } = await server.put('/demo/one', { headers: TEXT, body: 'abc' });
    await server.restart();
    expect((await server.head('/demo/one')).tag).toBe(tag);
    const headers = { ...TEXT, 'If-Match': tag };
    expect((await server.post('/demo/one', { headers, body: 'x' })).status).toBe(204);
  });

  test('a stream deleted and made again over restarts has another tag each time', async () => {
    const tags = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      tags.add((await server.put('/demo/again', { headers: TEXT, body: 'abc' })).tag);
      await server.restart();
      expect((await server.delete('/demo/again')).status).toBe(204);
      await server.restart();
    }
    expect(tags.size).toBe(3);
  });
});
