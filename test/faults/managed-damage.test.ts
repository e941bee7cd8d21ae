import { expect, test } from 'vitest';
import { managedName } from '../../src/managed/names.ts';
import { nameKey } from '../../src/storage/embedded/index/keys.ts';
import { streamName } from '../support/managed.ts';
import { until } from '../support/http/until.ts';
import type { HttpClient } from '../support/http/client.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import { flipBit } from './support/index-surgery.ts';
import { mortal } from './support/mortals.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const NOT_AT_ONCE_NS = 1_500_000_000;

async function make(client: HttpClient, name: string, given: object = {}): Promise<void> {
  const body = JSON.stringify({ name, ...given });
  expect((await client.post('/storage/streams', { headers: JSON_TYPE, body })).status).toBe(200);
}

function publish(client: HttpClient, stream: string): Promise<number> {
  const body = JSON.stringify({ stream, subject: stream, body: 'one' });
  const path = `/storage/streams/${stream}/messages`;
  return client.post(path, { headers: JSON_TYPE, body }).then(({ status }) => status);
}

test('D7: a damaged head of a managed stream is answered 500, and all others go on', async () => {
  const flags = ['--checkpoint-interval-ms', '50'];
  const server = await mortal({ flags });
  const { client } = server;
  await make(client, 'BAD', { max_age: NOT_AT_ONCE_NS });
  await make(client, 'AGING', { max_age: NOT_AT_ONCE_NS });
  await make(client, 'ORIGIN');
  await make(client, 'MIRROR', { mirror: { name: 'ORIGIN' } });
  for (const stream of ['BAD', 'AGING', 'ORIGIN']) expect(await publish(client, stream)).toBe(200);
  await untilCheckpointed(client);
  expect(await server.stop()).toBe(0);
  await flipBit(server.dataDir, nameKey('managed', managedName('default', streamName('BAD'))), 8);

  await server.start({ flags });
  expect((await client.get('/storage/streams/BAD')).status).toBe(500);
  expect(await publish(client, 'BAD')).toBe(500);
  expect((await client.get('/storage/streams')).status).toBe(500);
  const messagesIn = async (stream: string): Promise<unknown> => {
    const { json } = await client.get(`/storage/streams/${stream}`);
    return json;
  };
  const state = (messages: number): object => ({ body: { state: { messages } } });
  expect(await publish(client, 'AGING')).toBe(200);
  await until('what is too old is dropped', async () => {
    return JSON.stringify(await messagesIn('AGING')).includes('"messages":0');
  });
  expect(await publish(client, 'ORIGIN')).toBe(200);
  await until('the mirror has it', async () => {
    return JSON.stringify(await messagesIn('MIRROR')).includes('"messages":2');
  });
  expect(await messagesIn('ORIGIN')).toMatchObject(state(2));
});
