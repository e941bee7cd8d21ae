import { describe, expect, onTestFinished, test } from 'vitest';
import { unreachableFor, type Answer as ServiceAnswer } from '../../../src/services/answer.ts';
import type { Question, Service } from '../../../src/services/service.ts';
import { clockedMillrace } from '../../support/clocked-millrace.ts';
import { HttpClient, type Answer, type Message } from '../../support/http/client.ts';
import { at } from '../../support/openapi-checker.ts';
import { until } from '../../support/http/until.ts';

function answered(status: number, body: string, type = 'text/plain'): ServiceAnswer {
  return {
    kind: 'answered',
    status,
    headers: new Map([['content-type', type]]),
    url: new URL('http://service.test/'),
    body: Buffer.from(body),
  };
}

interface Opened {
  readonly client: HttpClient;
  readonly asked: readonly Question[];
  readonly ask: (message?: Message, method?: string, target?: string) => Promise<Answer>;
  readonly status: () => Promise<unknown>;
}

/** A gateway at `/echo` whose subject this service answers on, for the account that everybody has. */
async function relayingTo(
  answer: (question: Question) => Promise<ServiceAnswer> | ServiceAnswer,
  mapping: object = {},
): Promise<Opened> {
  const asked: Question[] = [];
  const service: Service = {
    ask: async (question) => {
      asked.push(question);
      return await answer(question);
    },
    askInParts: () => Promise.reject(new Error('a gateway asks for all of it')),
  };
  const find = (account: string, subject: string): Service | undefined =>
    account === 'default' && subject === 'echo.requests' ? service : undefined;
  const { port } = await clockedMillrace({}, { find });
  const client = new HttpClient(() => `http://127.0.0.1:${port}`);
  onTestFinished(() => {
    client.close();
  });
  const given = { method: 'POST', path: '/echo', is_public: true, subject: 'echo.requests' };
  const created = await client.post('/trigger/gateway', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      name: 'echo',
      trigger_type: 'gateway',
      gateway_mapping: { ...given, ...mapping },
    }),
  });
  expect(created.text).toContain('"status_code":201');
  return {
    client,
    asked,
    ask: (message = {}, method = 'POST', target = '/gateway/echo') =>
      client.send(method, target, message),
    status: async () =>
      at((await client.get('/trigger/triggers/gateway/echo')).json, 'body', 'status'),
  };
}

describe('a gateway before a service', () => {
  test('asks it what it was asked, and answers as it does', async () => {
    const { ask, asked, status } = await relayingTo(() => answered(418, '<p>', 'text/html'));
    const headers = { 'Content-Type': 'application/json', 'X-Secret': 'theirs' };
    const message = { headers, body: '{"half": ' };
    const answer = await ask(message, 'POST', '/gateway/%65cho?a=1&b=%zz');
    expect([answer.status, answer.header('content-type'), answer.text]).toEqual([
      418,
      'text/html',
      '<p>',
    ]);
    expect(asked).toMatchObject([
      {
        body: Buffer.from('{"half": '),
        headers: {
          'Content-Type': 'application/json',
          'Gateway-Method': 'POST',
          'Gateway-Path': '/echo',
          'Gateway-Query': 'a=1&b=%zz',
          'Millrace-Hops': '1',
        },
        page: undefined,
        timeoutMs: 30_000,
      },
    ]);
    expect(Object.keys(asked[0]?.headers ?? {})).toHaveLength(5);
    expect(await status()).toMatchObject({ requests: 1, limited: 0, failed: 0 });
  });

  test('hands the context of a trace on, and counts the relays', async () => {
    const { ask, asked } = await relayingTo(() => answered(200, 'ok'));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { traceparent, tracestate: 'a=1', 'Millrace-Hops': '15' };
    expect((await ask({ headers })).status).toBe(200);
    expect(asked[0]?.headers).toMatchObject({
      traceparent,
      tracestate: 'a=1',
      'Millrace-Hops': '16',
    });
    await ask({ headers: { traceparent: 'nonsense', tracestate: 'a=1' } });
    expect(Object.keys(asked[1]?.headers ?? {})).not.toContain('traceparent');
  });

  test.each([
    ['16', 508],
    ['many', 400],
  ])('having passed %s relays answers %i, and asks nobody', async (hops, expected) => {
    const { ask, asked } = await relayingTo(() => answered(200, 'ok'));
    const answer = await ask({ headers: { 'Millrace-Hops': hops } });
    expect(answer.status).toBe(expected);
    expect(answer.json).toMatchObject({ status_code: expected });
    expect(asked).toEqual([]);
  });

  test.each<[ServiceAnswer, number]>([
    [{ kind: 'timed-out' }, 504],
    [{ kind: 'too-large' }, 502],
    [{ kind: 'refused-address', address: '10.0.0.1' }, 502],
    [{ kind: 'invalid-url', reason: 'malformed' }, 502],
    [{ kind: 'invalid-header', name: 'X' }, 400],
    [unreachableFor('connection-refused'), 502],
    [unreachableFor('tls'), 502],
    [unreachableFor('busy'), 503],
    [unreachableFor('stopped'), 503],
  ])('of which comes %j answers %i', async (failure, expected) => {
    const { ask, status } = await relayingTo(() => failure);
    const answer = await ask();
    expect(answer.status).toBe(expected);
    expect(answer.json).toMatchObject({ status_code: expected });
    expect(answer.text).not.toContain('10.0.0.1');
    expect(answer.header('retry-after') !== undefined).toBe(expected === 503);
    expect(await status()).toMatchObject({ failed: 1 });
  });

  test('gives it as long as the trigger says', async () => {
    const { ask, asked } = await relayingTo(() => ({ kind: 'timed-out' }), { timeout: 70 });
    await ask();
    expect(asked[0]?.timeoutMs).toBe(70);
  });

  test('no longer asks for who has left', async () => {
    const { client, asked, status } = await relayingTo(
      ({ signal }) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => {
            resolve(unreachableFor('stopped'));
          });
        }),
    );
    const leaving = client.open('POST', '/gateway/echo').catch((error: unknown) => error);
    await until('the service is asked', () => Promise.resolve(asked.length > 0));
    client.close();
    await leaving;
    await until('the question is taken back', () =>
      Promise.resolve(asked[0]?.signal?.aborted === true),
    );
    expect(await status()).toMatchObject({ requests: 1, failed: 0 });
  });

  test('answers HEAD without the body, and 204 and 304 as they are', async () => {
    const statuses = [200, 204, 304];
    const { ask } = await relayingTo(() => answered(statuses.shift() ?? 500, 'text'), {
      method: 'GET',
    });
    const head = await ask({}, 'HEAD');
    expect([head.status, head.text, head.header('content-length')]).toEqual([200, '', '4']);
    expect((await ask({}, 'GET')).status).toBe(204);
    expect((await ask({}, 'GET')).status).toBe(304);
  });

  test('repeats no type that is none', async () => {
    const { ask } = await relayingTo(() => answered(200, 'x', 'no type'));
    const answer = await ask();
    expect([answer.status, answer.header('content-type')]).toEqual([200, undefined]);
    expect(answer.header('x-content-type-options')).toBe('nosniff');
  });
});
