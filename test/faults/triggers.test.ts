import { expect, test } from 'vitest';
import { recordsOf, stateOf } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { killedWhilePublishing } from './support/killed-while-publishing.ts';
import { mortal } from './support/mortals.ts';
import { NumberWriter } from './support/number-writer.ts';
import { readAll } from './support/read-all.ts';

// Triggers, and a server that is killed while they carry.

test('triggers carry everything once and in order, however often the server is killed (G1)', async () => {
  const server = await mortal();
  const { client } = server;
  const trigger = (definition: object): Promise<unknown> => {
    return server.tell('POST', '/trigger/stream', { trigger_type: 'stream', ...definition });
  };
  await server.tell('PUT', '/storage/streams/ORDERS', { subjects: ['orders.>'] });
  await server.tell('PUT', '/storage/streams/COPIES', { subjects: ['copies.>'] });
  await server.tell('PUT', '/demo/tail');
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
  const orders = new NumberWriter(server, {
    to: 'ORDERS',
    subjectOf: (number) => (number % 2 === 0 ? 'orders.even' : 'orders.odd'),
    atOnce: 50,
  });
  await killedWhilePublishing(server, [orders], () => stateOf(client, 'COPIES', 'last_seq'));

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
