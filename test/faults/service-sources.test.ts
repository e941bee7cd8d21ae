import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { service } from '../services/service.ts';
import { recordsOf, stateOf } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { at } from '../support/openapi-checker.ts';
import { DeadlyService } from './support/deadly-service.ts';
import { killWhileSyncing } from './support/held-syncs.ts';
import type { Mortal } from './support/mortal.ts';
import { mortal } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';
import { shim } from './support/shim.ts';

// Triggers from a service, and a server that is killed while it listens to it.

const FLAGS = ['--services-allow-loopback'];
const EVENTS = { 'Content-Type': 'text/event-stream' };
const ROUNDS = 2;
/** How many events a connection brings, and how many at least come between two kills. */
const EVENTS_PER_CONNECTION = 37;
const EVENTS_PER_ROUND = 60;

async function untilCompleted(server: Mortal, name: string): Promise<void> {
  await until(`${name} is completed`, async () => {
    const { json } = await server.ask('GET', `/trigger/triggers/stream/${name}`);
    return at(json, 'body', 'status', 'state') === 'completed';
  });
}

function from(subject: string, type: string, target: string): object {
  const source = { subject, type: 'service', response_type: type };
  return { name: subject, trigger_type: 'stream', source, target: { subject: target } };
}

function numbersTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** Says the numbers from 1 on, each once the one before has gone out, until there is a last one. */
class Counting {
  /** The highest number that it has said. */
  said = 0;
  last = Number.POSITIVE_INFINITY;

  answer(lastEventId: string | string[] | undefined, response: ServerResponse): void {
    const behind = Number(lastEventId ?? 0);
    response.writeHead(behind < this.last ? 200 : 204, EVENTS);
    if (behind < this.last) response.write('retry: 1\n\n');
    this.#say(behind + 1, behind + EVENTS_PER_CONNECTION, response);
  }

  #say(number: number, end: number, response: ServerResponse): void {
    if (number > this.last) response.end();
    // An event that is not whole is none.
    else if (number > end) response.end(`id: ${number}\ndata: {"n":${number}}`);
    else if (!response.destroyed) {
      this.said = Math.max(this.said, number);
      response.write(`id: ${number}\ndata: {"n":${number}}\n\n`, () => {
        setImmediate(() => {
          this.#say(number + 1, end, response);
        });
      });
    }
  }
}

test('a killed server has each event of a service once and in order', async () => {
  const fault = await shim();
  const server = await mortal({ flags: FLAGS, env: fault.env });
  const counting = new Counting();
  const ticker = await service(({ headers }, response) => {
    counting.answer(headers['last-event-id'], response);
  });
  const url = ticker.url('127.0.0.1');
  await server.tell('PUT', '/storage/streams/TICKS', { subjects: ['ticks'] });
  await server.tell('PUT', '/trigger/services/ticker', { url });
  await server.tell('POST', '/trigger/stream', from('ticker', 'Stream', 'ticks'));

  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = await stateOf(server.client, 'TICKS', 'last_seq');
    await until('more events are kept', async () => {
      const kept = await stateOf(server.client, 'TICKS', 'last_seq');
      return kept >= before + EVENTS_PER_ROUND;
    });
    if (round === ROUNDS) await killWhileSyncing(server, fault);
    else await server.die();
    await server.start();
  }
  counting.last = counting.said + EVENTS_PER_CONNECTION;
  await untilCompleted(server, 'ticker');
  const ticks = await recordsOf(server.client, 'TICKS');
  expect(ticks.map(({ body }) => at(body, 'n'))).toEqual(numbersTo(counting.last));

  const calls = ticker.received.length;
  await server.restart();
  await untilCompleted(server, 'ticker');
  expect(ticker.received).toHaveLength(calls);
  expect(await recordsOf(server.client, 'TICKS')).toEqual(ticks);
}, 60_000);

test('a killed server has each page of a service once and in order', async () => {
  const fault = await shim();
  const server = await mortal({ flags: FLAGS, env: fault.env });
  let said = 0;
  let last = Number.POSITIVE_INFINITY;
  const book = await DeadlyService.start(server, fault, ({ url = '' }) => {
    const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 1);
    said = Math.max(said, page);
    const headers = page < last ? { Link: `</in?page=${page + 1}>; rel="next"` } : {};
    return { headers, body: `{"page":${page}}` };
  });
  await server.tell('PUT', '/demo/pages');
  await server.tell('PUT', '/trigger/services/book', { url: book.url });
  await server.tell('POST', '/trigger/stream', from('book', 'Chunked', '$DS.demo.pages'));

  for (const moment of ['while it is asked', 'while its answer is stored'] as const) {
    await book.killAt(moment);
    await server.start();
  }
  last = said + EVENTS_PER_CONNECTION;
  await untilCompleted(server, 'book');
  const pages: unknown = JSON.parse(await readAll(server.client, '/demo/pages'));
  expect(pages).toEqual(numbersTo(last).map((page) => ({ page })));
}, 60_000);
