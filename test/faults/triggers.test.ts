import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordsOf, stateOf } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { Mortal } from './support/mortal.ts';
import { readAll } from './support/read-all.ts';

// Triggers, and a server that is killed while they carry.

const JSON_TYPE = { 'Content-Type': 'application/json' };
const ROUNDS = 3;
const BATCHES = 5;
const BATCH = 50;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let mortal: Mortal;
let published = 0;

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
  const path = `/storage/streams/${name}`;
  expect((await mortal.client.put(path, { headers: JSON_TYPE, body })).status).toBe(200);
}

async function trigger(definition: object): Promise<void> {
  const body = JSON.stringify({ trigger_type: 'stream', ...definition });
  const answer = await mortal.client.post('/trigger/stream', { headers: JSON_TYPE, body });
  expect(answer.text).toContain('"status_code":201');
}

/** Publishes the next numbers. Whether it was answered; asked again, nothing is stored twice. */
async function publish(): Promise<boolean> {
  const from = published;
  const messages = Array.from({ length: BATCH }, (_, index) => ({
    subject: index % 2 === 0 ? 'orders.even' : 'orders.odd',
    body: { n: from + index },
  }));
  const status = await mortal.client
    .post('/storage/streams/ORDERS/messages', {
      headers: { ...JSON_TYPE, 'Msg-Id': `orders-${from}` },
      body: JSON.stringify({ messages }),
    })
    .then(
      (answer) => answer.status,
      () => undefined,
    );
  if (status !== undefined) expect(status).toBe(200);
  if (status === 200) published += BATCH;
  return status === 200;
}

async function publishUntilKilled(): Promise<void> {
  while (await publish());
}

test('triggers carry everything once and in order, however often the server is killed (G1)', async () => {
  await put('ORDERS', { subjects: ['orders.>'] });
  await put('COPIES', { subjects: ['copies.>'] });
  await mortal.client.put('/demo/tail', { headers: JSON_TYPE });
  await trigger({
    name: 'copy',
    source: { subject: 'orders.>' },
    target: { subject: 'copies.>' },
  });
  await trigger({
    name: 'odd',
    source: { subject: 'orders.*' },
    target: { subject: '$DS.demo.tail' },
    filter: { subject: 'orders.odd' },
  });
  const { client } = mortal;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = published;
    const writing = publishUntilKilled();
    await until('some is published and some of it carried', async () => {
      const carried = await stateOf(client, 'COPIES', 'last_seq');
      return published >= before + BATCHES * BATCH && carried > before;
    });
    await mortal.die();
    await writing;
    await mortal.start();
  }
  await publish();
  const total = await stateOf(client, 'ORDERS', 'last_seq');
  await until('all of it is carried', async () => {
    return (await stateOf(client, 'COPIES', 'last_seq')) === total;
  });
  const sources = await recordsOf(client, 'ORDERS');
  const copies = await recordsOf(client, 'COPIES');
  expect(copies.map(({ subject, body }) => ({ subject, body }))).toEqual(
    sources.map(({ subject, body }) => ({ subject: subject.replace('orders', 'copies'), body })),
  );
  const odd = sources.filter(({ subject }) => subject === 'orders.odd').map(({ body }) => body);
  await until('the durable stream has its part', async () => {
    const values: unknown = JSON.parse(await readAll(client, '/demo/tail'));
    return Array.isArray(values) && values.length >= odd.length;
  });
  expect(JSON.parse(await readAll(client, '/demo/tail'))).toEqual(odd);
});
