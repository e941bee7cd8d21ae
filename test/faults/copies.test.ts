import { expect, test } from 'vitest';
import { recordsOf, stateOf, untilAt, type StreamRecord } from '../support/http/copies.ts';
import { killedWhilePublishing } from './support/killed-while-publishing.ts';
import type { Mortal } from './support/mortal.ts';
import { mortal } from './support/mortals.ts';
import { NumberWriter } from './support/number-writer.ts';

// Mirrors and sources, and a server that is killed while they copy.

function writerOf(server: Mortal, region: 'eu' | 'us'): NumberWriter {
  return new NumberWriter(server, {
    to: region.toUpperCase(),
    subjectOf: (number) => `${region}.${number % 2 === 0 ? 'a' : 'b'}`,
    atOnce: 50,
  });
}

function bodyOf({ body }: StreamRecord): unknown {
  return body;
}

test('copies have everything once and in order, however often the server is killed', async () => {
  const server = await mortal();
  const { client } = server;
  const put = (name: string, settings: object): Promise<unknown> => {
    return server.tell('PUT', `/storage/streams/${name}`, settings);
  };
  await put('EU', { subjects: ['eu.>'] });
  await put('US', { subjects: ['us.>'] });
  await put('MIRROR', { mirror: { name: 'EU' } });
  await put('LATER', { mirror: { name: 'MIRROR', opt_start_seq: 101, filter_subject: '*.b' } });
  await put('ALL', {
    sources: [{ name: 'EU' }, { name: 'US', filter_subject: 'us.a' }],
  });
  const [ofEu, ofUs] = [writerOf(server, 'eu'), writerOf(server, 'us')];
  // Copies are under way, behind what they copy, when it dies.
  await killedWhilePublishing(server, [ofEu, ofUs], () => stateOf(client, 'ALL', 'last_seq'));

  const [EU, US] = [ofEu.published, ofUs.published];
  await untilAt(client, 'MIRROR', EU);
  await untilAt(client, 'LATER', EU);
  await untilAt(client, 'ALL', EU + US / 2);
  const eu = await recordsOf(client, 'EU');
  const us = await recordsOf(client, 'US');
  for (const [records, count] of [
    [eu, EU],
    [us, US],
  ] as const) {
    expect(records.map(bodyOf)).toEqual(Array.from({ length: count }, (_, i) => i));
  }
  expect(await recordsOf(client, 'MIRROR')).toEqual(eu);
  const isLater = ({ seq, subject }: StreamRecord): boolean => seq > 100 && subject === 'eu.b';
  expect(await recordsOf(client, 'LATER')).toEqual(eu.filter(isLater));

  const all = await recordsOf(client, 'ALL');
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  expect(all.filter(({ subject }) => subject.startsWith('eu')).map(bodyOf)).toEqual(eu.map(bodyOf));
  expect(all.filter(({ subject }) => subject.startsWith('us')).map(bodyOf)).toEqual(
    us.filter(({ subject }) => subject === 'us.a').map(bodyOf),
  );
}, 60_000);
