import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordsOf, stateOf, untilAt, type StreamRecord } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { Mortal } from './support/mortal.ts';

// Mirrors and sources, and a server that is killed while they copy.

const JSON_TYPE = { 'Content-Type': 'application/json' };
const ROUNDS = 3;
const BATCHES = 5;
const BATCH = 50;

describe('copies, and a server that is killed while they are made', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let mortal: Mortal;
  const published = { EU: 0, US: 0 };

  beforeAll(async () => {
    folder = await temporaryFolder();
    mortal = new Mortal(folder.path);
    await mortal.start();
  });
  afterAll(async () => {
    await mortal.end();
    await folder.remove();
  });

  async function put(name: string, settings: object): Promise<void> {
    const body = JSON.stringify(settings);
    const answer = await mortal.client.put(`/storage/streams/${name}`, {
      headers: JSON_TYPE,
      body,
    });
    expect(answer.text).toBe('{"message":"success"}');
  }

  /** Publishes the next numbers. Whether it was answered; asked again, nothing is stored twice. */
  async function publish(name: 'EU' | 'US'): Promise<boolean> {
    const from = published[name];
    const messages = Array.from({ length: BATCH }, (_, index) => ({
      subject: `${name.toLowerCase()}.${index % 2 === 0 ? 'a' : 'b'}`,
      body: from + index,
    }));
    const answered = mortal.client.post(`/storage/streams/${name}/messages`, {
      headers: { ...JSON_TYPE, 'Msg-Id': `${name}-${from}` },
      body: JSON.stringify({ messages }),
    });
    const status = await answered.then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status !== undefined) expect(status).toBe(200);
    if (status === 200) published[name] += BATCH;
    return status === 200;
  }

  async function publishUntilKilled(name: 'EU' | 'US'): Promise<void> {
    while (await publish(name));
  }

  test('have everything once and in order, however often that happens', async () => {
    await put('EU', { subjects: ['eu.>'] });
    await put('US', { subjects: ['us.>'] });
    await put('MIRROR', { mirror: { name: 'EU' } });
    await put('LATER', { mirror: { name: 'MIRROR', opt_start_seq: 101, filter_subject: '*.b' } });
    await put('ALL', {
      sources: [{ name: 'EU' }, { name: 'US', filter_subject: 'us.a' }],
    });
    const { client } = mortal;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const before = published.EU;
      const writing = [publishUntilKilled('EU'), publishUntilKilled('US')];
      // Copies are under way, behind what they copy, when it dies.
      await until('some is published and some of it copied', async () => {
        const copied = await stateOf(client, 'ALL', 'last_seq');
        return published.EU >= before + BATCHES * BATCH && copied > before;
      });
      await mortal.die();
      await Promise.all(writing);
      await mortal.start();
    }
    for (const name of ['EU', 'US'] as const) expect(await publish(name)).toBe(true);

    const { EU, US } = published;
    await untilAt(client, 'MIRROR', EU);
    await untilAt(client, 'LATER', EU);
    await untilAt(client, 'ALL', EU + US / 2);
    const eu = await recordsOf(client, 'EU');
    const us = await recordsOf(client, 'US');
    for (const [records, count] of [
      [eu, EU],
      [us, US],
    ] as const) {
      expect(records.map(({ body }) => body)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
    expect(await recordsOf(client, 'MIRROR')).toEqual(eu);
    const isLater = ({ seq, subject }: StreamRecord): boolean => seq > 100 && subject === 'eu.b';
    expect(await recordsOf(client, 'LATER')).toEqual(eu.filter(isLater));

    const all = await recordsOf(client, 'ALL');
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.filter(({ subject }) => subject.startsWith('eu')).map(bodyOf)).toEqual(
      eu.map(bodyOf),
    );
    expect(all.filter(({ subject }) => subject.startsWith('us')).map(bodyOf)).toEqual(
      us.filter(({ subject }) => subject === 'us.a').map(bodyOf),
    );
  }, 60_000);
});

function bodyOf({ body }: StreamRecord): unknown {
  return body;
}
