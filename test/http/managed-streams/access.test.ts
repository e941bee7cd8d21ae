import { expect, test } from 'vitest';
import type { Headers } from '../../support/http/client.ts';
import { onBothEngines } from '../../support/http/engines.ts';
import { ManagedStreams, offsetBehind } from '../../support/http/managed-streams.ts';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';

onBothEngines('a managed stream behind credentials', { jwtSecret: SECRET }, (served) => {
  const bearer = async (claims: Parameters<typeof signWithSecret>[0] = {}): Promise<Headers> => ({
    Authorization: `Bearer ${await signWithSecret(claims)}`,
  });
  const owner = async (): Promise<ManagedStreams> => new ManagedStreams(served, await bearer());
  const nobody = new ManagedStreams(served);

  test('asks everybody for one, there or not', async () => {
    const name = await (await owner()).create();
    for (const each of [name, 'absent']) {
      const answers = [
        await nobody.read(each),
        await nobody.read(each, 'offset=-1&live=sse'),
        await nobody.read(each, 'offset=-1&live=long-poll'),
        await nobody.append(each, '1'),
      ];
      for (const answer of answers) expect(answer.verdict).toBe('401 unauthorized');
      expect((await nobody.head(each)).status).toBe(401);
    }
  });

  test('is read and written within the scope of its path and no other', async () => {
    const all = await owner();
    const name = await all.create();
    const other = await all.create();
    await all.publish(name, 'a', '1');
    const statuses = async (scope: string): Promise<number[]> => {
      const streams = new ManagedStreams(served, await bearer({ scope }));
      const answers = [
        await streams.read(name),
        await streams.head(name),
        await streams.append(name, '2'),
        await streams.read(other),
        await streams.append(other, '2'),
      ];
      return answers.map(({ status }) => status);
    };
    expect(await statuses(`streams:read:streams/${name}`)).toEqual([200, 200, 403, 403, 403]);
    expect(await statuses(`streams:write:streams/${name}`)).toEqual([403, 403, 204, 403, 403]);
    expect(await statuses('streams:read')).toEqual([200, 200, 403, 200, 403]);
    expect(await statuses('streams:read:streams/* streams:write')).toEqual([
      200, 200, 204, 200, 204,
    ]);
    // The name alone is a stream of the base address, and the storage API has scopes of its own.
    for (const scope of [`streams:read:${name}`, `storage:read:${name}`, 'storage:write']) {
      expect(await statuses(scope)).toEqual([403, 403, 403, 403, 403]);
    }
  });

  test('lets a read be kept by the one who asked, and by nobody else', async () => {
    const streams = await owner();
    const name = await streams.create();
    await streams.publish(name, 'a', '1');
    const read = await streams.read(name);
    const again = await streams.read(name, 'offset=-1', { 'If-None-Match': read.tag });
    const poll = await streams.read(name, 'offset=-1&live=long-poll');
    expect([read, again, poll].map(({ status }) => status)).toEqual([200, 304, 200]);
    for (const answer of [read, again, poll]) {
      expect(answer.header('cache-control')).toBe('private, no-cache');
      expect(answer.header('vary')).toContain('Authorization, X-Api-Key');
    }
    const reader = await streams.follow(name);
    expect(reader.incoming.headers['cache-control']).toBe('private, no-cache, no-transform');
    await reader.cut();
  });

  test('of another account is as one that is not there', async () => {
    const name = await (await owner()).create();
    const stranger = new ManagedStreams(served, await bearer({ account: 'other' }));
    for (const each of [name, 'absent']) {
      const read = await stranger.read(each);
      expect(read.verdict).toBe('404 stream-not-found');
      expect(read.text).toBe((await stranger.read('absent')).text);
      expect((await stranger.append(each, '1')).verdict).toBe('404 stream-not-found');
      expect((await stranger.head(each)).status).toBe(404);
    }
    // Their own one of the same name shares nothing with it.
    await stranger.create({}, name);
    expect((await stranger.append(name, '"theirs"')).offset).toBe(offsetBehind(1));
    expect((await (await owner()).read(name)).text).toBe('[]');
  });

  test('ends a live read with the token, and says so last', async () => {
    const streams = await owner();
    const name = await streams.create();
    const exp = Math.floor(Date.now() / 1000) + 2;
    const short = new ManagedStreams(served, await bearer({ exp }));
    const reader = await short.follow(name, `offset=now&subject=${name}.rare`);
    await streams.publish(name, 'often', '1');
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect(reader.events.at(-1)?.event).not.toMatch(/^(data|control)$/);
    expect(reader.lastControl?.streamClosed).toBeUndefined();
  });
});
