import { expect, test } from 'vitest';
import { service } from '../services/service.ts';
import { recordsOf } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { at } from '../support/openapi-checker.ts';
import { DeadlyService, type Call } from './support/deadly-service.ts';
import { mortal } from './support/mortals.ts';
import { NumberWriter } from './support/number-writer.ts';
import { shim } from './support/shim.ts';
import { killWhenTold } from './support/status-line.ts';

// Records that go to a service, and the services themselves, where the server is killed.

const FLAGS = ['--services-allow-loopback'];
/** How many records may wait for the service while more are published. */
const WAITING_MAX = 20;
/** Of one life of the server; it may be some fewer. */
const CALLS_BEFORE_KILL = 30;

/** The record that was sent. */
function numberOf({ received }: Call): number {
  return Number(received.body);
}

function idOf({ received }: Call): string {
  return String(received.headers['webhook-id']);
}

test('a killed server sends each record under one id, and keeps one answer to it', async () => {
  const fault = await shim();
  const server = await mortal({ flags: FLAGS, env: fault.env });
  const billing = await DeadlyService.start(server, fault, ({ body }, call) => {
    return { body: JSON.stringify({ charged: Number(body), call }) };
  });
  await server.tell('PUT', '/storage/streams/ORDERS', { subjects: ['orders.>'] });
  await server.tell('PUT', '/storage/streams/REPLIES', { subjects: ['replies.>'] });
  await server.tell('PUT', '/trigger/services/billing.charge', { url: billing.url });
  const target = {
    subject: 'billing.charge',
    type: 'service',
    reply_subject: 'replies.charged',
  };
  const trigger = { name: 'charge', trigger_type: 'stream', source: { subject: 'orders.*' } };
  await server.tell('POST', '/trigger/stream', { ...trigger, target });

  const orders = new NumberWriter(server, {
    to: 'ORDERS',
    subjectOf: (number) => (number % 2 === 0 ? 'orders.eu' : 'orders.us'),
    atOnce: 3,
  });
  const publishUntilKilled = async (): Promise<void> => {
    while (await orders.publish()) {
      await until('the service has kept up, or the server is dead', () => {
        const sent = new Set(billing.calls.map(numberOf)).size;
        return orders.published - sent < WAITING_MAX || !server.isAlive;
      });
    }
  };
  for (const moment of ['while it is asked', 'once it has answered'] as const) {
    const writing = publishUntilKilled();
    await billing.killAt(moment);
    await writing;
    await server.start();
  }
  // Nothing else is being stored then.
  const dying = billing.killAt('while its answer is stored');
  const enough = billing.calls.length + CALLS_BEFORE_KILL;
  while (orders.published < enough && (await orders.publish()));
  await dying;
  await server.start();
  expect(await orders.publish()).toBe(true);
  const delivered = async (): Promise<unknown> => {
    const view = await server.ask('GET', '/trigger/triggers/stream/charge');
    return at(view.json, 'body', 'status', 'delivered');
  };
  await until('all is delivered', async () => Number(await delivered()) >= orders.published);

  const numbers = Array.from({ length: orders.published }, (_, index) => index);
  const sources = await recordsOf(server.client, 'ORDERS');
  expect(sources.map(({ body }) => body)).toEqual(numbers);
  const replies = (await recordsOf(server.client, 'REPLIES')).map(({ body }) => body);
  expect(replies.map((reply) => at(reply, 'charged'))).toEqual(numbers);
  // Each is what the service said to that record, when it took it.
  const answered = replies.map((reply) => billing.calls[Number(at(reply, 'call'))]);
  expect(answered.map((call) => call && numberOf(call))).toEqual(numbers);
  expect(answered.map((call) => call?.isTaken)).toEqual(numbers.map(() => true));

  const sent = billing.calls.map(numberOf);
  expect(sent).toEqual(sent.toSorted((one, other) => one - other));
  const pairs = new Set(billing.calls.map((call) => `${numberOf(call)} as ${idOf(call)}`));
  expect(pairs.size).toBe(numbers.length);
  expect(new Set(billing.calls.map(idOf)).size).toBe(numbers.length);
  expect(await delivered()).toBe(numbers.length);
}, 60_000);

test('what was answered of services before a kill is so after it', async () => {
  const server = await mortal({ flags: FLAGS });
  const answering = await service((_received, response) => response.end());
  const registration = (path: string, key: string): object => {
    return { url: answering.url('127.0.0.1', path), headers: { 'X-Key': key } };
  };
  const asked = async (subject: string): Promise<unknown[]> => {
    const { status } = await server.ask('POST', `/trigger/request/${subject}`, 'x');
    const last = answering.received.at(-1);
    return [status, last?.url, last?.headers['x-key']];
  };
  const [prices, rates] = ['/trigger/services/prices', '/trigger/services/rates'];
  await server.tell('PUT', rates, registration('/rates', 'own'));
  expect(await killWhenTold(server, 'PUT', prices, registration('/first', 'one'))).toBe(201);
  await server.start();
  expect(await asked('prices')).toEqual([200, '/first', 'one']);
  expect(await asked('rates')).toEqual([200, '/rates', 'own']);

  await server.tell('PUT', prices, registration('/second', 'two'));
  expect(await killWhenTold(server, 'DELETE', rates)).toBe(200);
  await server.start();
  expect(await asked('prices')).toEqual([200, '/second', 'two']);
  expect((await server.ask('GET', prices)).status).toBe(200);
  expect((await server.ask('GET', rates)).status).toBe(404);
  const calls = answering.received.length;
  expect((await server.ask('POST', '/trigger/request/rates', 'x')).status).toBe(404);
  expect(answering.received).toHaveLength(calls);
});
