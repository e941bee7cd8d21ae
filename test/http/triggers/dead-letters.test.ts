import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';

const DEAD_LETTERS = 'quiva-trigger-dead-letters';
const PATH = `/storage/streams/${DEAD_LETTERS}`;

onTriggerEngines('dead letters', (api) => {
  const { storage } = api;

  /** Tries to make a trigger that keeps dead letters. */
  async function keeping(name: string, from: string, more: object = {}) {
    return await api.create({
      name,
      trigger_type: 'stream',
      source: { subject: `${from}.>` },
      target: { subject: 'nowhere.>' },
      on_error: 'dead_letter',
      max_attempts: 1,
      ...more,
    });
  }

  test('are carried by a trigger that was there before the stream of them was made', async () => {
    const [from, to, name] = [await storage.stream(), await storage.stream(), freshName()];
    await api.ask('DELETE', PATH);
    const carrying = await api.carrying(`ms.dead_letter.${name}`, `${to}.late`);
    await api.untilState(carrying, 'waiting', 'source-missing');
    expect((await keeping(name, from)).status).toBe(201);
    await api.untilState(carrying, 'active');
  });

  test('do not come back: who keeps its own among them may not read them', async () => {
    const name = freshName();
    const reading = { source: { subject: 'ms.dead_letter.>' } };
    const own = await keeping(name, name, reading);
    expect([own.status, own.text]).toEqual([400, expect.stringContaining(name)]);
    // Nor may another one take them back to where they failed.
    expect((await keeping(name, name)).status).toBe(201);
    const back = await api.create({
      name: `${name}-back`,
      trigger_type: 'stream',
      source: { subject: `ms.dead_letter.${name}` },
      target: { subject: `${name}.again` },
    });
    expect([back.status, back.text]).toEqual([400, expect.stringContaining(`${name}-back`)]);
    // Elsewhere they may go.
    await api.carrying(`ms.dead_letter.${name}`, 'elsewhere.letters');
  });
});
