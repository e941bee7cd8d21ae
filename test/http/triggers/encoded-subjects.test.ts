import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';

const TEXT = { 'Content-Type': 'text/plain' };

onTriggerEngines('a durable stream in whatever spelling', (api) => {
  const { served } = api.storage;

  async function stream(bucket: string, id: string): Promise<string> {
    await served.put(`/${bucket}`);
    const path = `/${bucket}/${id}`;
    expect((await served.put(path, { headers: TEXT })).status).toBe(201);
    return path;
  }

  test.each([
    ['chat', 'ch%61t'],
    ['a:b', 'a:b'],
    ['a.b', 'a%2eb'],
    ['rooms~', 'rooms~'],
  ])('%s is carried from where the source says %s', async (id, spelt) => {
    const [bucket, to] = [freshName(), await api.storage.stream()];
    const path = await stream(bucket, id);
    await api.carrying(`$DS.${bucket}.${spelt}`, `${to}.in`);
    await served.post(path, { headers: TEXT, body: 'one' });
    await api.untilLines(to, [`${to}.in "one"`]);
  });

  test('leads back to itself in another spelling, too', async () => {
    const bucket = freshName();
    await stream(bucket, 'chat');
    const answer = await api.create({
      name: freshName(),
      trigger_type: 'stream',
      source: { subject: `$DS.${bucket}.chat` },
      target: { subject: `$DS.${bucket}.ch%61t` },
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('leads back to the source');
  });
});
