import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';
import type { Headers } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { onTriggerEngines, TriggerApiClient } from '../../support/http/trigger-api.ts';
import { until } from '../../support/http/until.ts';
import { Relaying } from './relay.ts';

const OPTIONS = { servicesAllowLoopback: true };

onTriggerEngines(
  'a request on a subject',
  (api) => {
    const relaying = new Relaying(api);

    test('is answered by the service that is registered there', async () => {
      const { subject, receiver } = await relaying.service(
        ({ body }, response) => {
          response.writeHead(202, { 'Content-Type': 'text/x-echo', 'X-Own': 'kept back' });
          response.end(`you said ${body}`);
        },
        { headers: { Authorization: 'Bearer of-mine' } },
      );
      const answer = await relaying.post(subject, 'hello', { 'X-Api-Key': 'of the caller' });
      expect([answer.status, answer.text]).toEqual([202, 'you said hello']);
      expect(answer.header('content-type')).toBe('text/x-echo');
      expect(answer.header('x-own')).toBeUndefined();
      const [received] = receiver.received;
      expect(received).toMatchObject({ method: 'POST', url: '/in', body: 'hello' });
      expect(received?.headers).toMatchObject({
        authorization: 'Bearer of-mine',
        'content-type': 'text/plain',
        'millrace-hops': '1',
      });
      expect(received?.headers['x-api-key']).toBeUndefined();
    });

    test('without a body is a GET', async () => {
      const { subject, receiver } = await relaying.service((_, response) => response.end('ok'));
      expect((await relaying.post(subject, '')).text).toBe('ok');
      expect(receiver.received).toMatchObject([{ method: 'GET', body: '' }]);
      expect(receiver.received[0]?.headers['webhook-signature']).toBeUndefined();
    });

    test('is answered by the service of a trigger, whole', async () => {
      const { subject: from } = await relaying.service(({ body }, response) => {
        response.end(body.toUpperCase());
      });
      const { subject, name } = await relaying.trigger(from, 'Singleton');
      expect((await relaying.post(subject)).text).toBe('HELLO');
      expect(await api.status(name)).toMatchObject({ state: 'active', sources: [] });
    });

    test('is answered part by part as the parts come', async () => {
      const parts: (() => void)[] = [];
      const { subject: from } = await relaying.service((_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/plain' });
        response.flushHeaders();
        parts.push(
          () => response.write('one '),
          () => response.end('two'),
        );
      });
      const { subject } = await relaying.trigger(from, 'Stream');
      const { incoming } = await api.storage.served.open('POST', `/trigger/request/${subject}`);
      expect(incoming.headers['content-type']).toBe('text/plain');
      const seen: string[] = [];
      parts.shift()?.();
      for await (const piece of incoming) {
        seen.push(String(piece));
        // The second part is sent once the first has arrived.
        parts.shift()?.();
      }
      expect(seen.join('')).toBe('one two');
    });

    test('whose client goes away ends at the service', async () => {
      const closed = { there: false };
      const { subject: from } = await relaying.service((_, response) => {
        response.writeHead(200);
        response.write('begun');
        response.on('close', () => {
          closed.there = true;
        });
      });
      const { subject } = await relaying.trigger(from, 'Stream');
      const { incoming, cut } = await api.storage.served.open(
        'POST',
        `/trigger/request/${subject}`,
      );
      for await (const piece of incoming) {
        expect(String(piece)).toBe('begun');
        break;
      }
      cut();
      await until('the service knows', () => Promise.resolve(closed.there));
    });

    test('whose client goes away before it is answered ends at the service', async () => {
      const state = { isCalled: false, isClosed: false };
      const { subject } = await relaying.service((_, response) => {
        state.isCalled = true;
        response.on('close', () => {
          state.isClosed = true;
        });
      });
      const { port } = api.storage.served.server();
      const path = `/trigger/request/${subject}`;
      const asking = request({ host: '127.0.0.1', port, path, method: 'POST' });
      asking.on('error', () => undefined).end();
      await until('the service is called', () => Promise.resolve(state.isCalled));
      asking.destroy();
      await until('the service knows', () => Promise.resolve(state.isClosed));
    });

    test('breaks off where the service breaks off', async () => {
      const { subject: from } = await relaying.service((_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/plain' });
        response.write('begun', () => response.destroy());
      });
      const { subject } = await relaying.trigger(from, 'Stream');
      await expect(relaying.post(subject)).rejects.toThrow('aborted');
    });

    test('is answered page by page, through links that only fit here', async () => {
      const { subject: from, receiver } = await relaying.service(({ url }, response) => {
        const page = Number(new URL(url ?? '', 'http://any').searchParams.get('page') ?? 1);
        if (page < 3) response.setHeader('Link', `<?page=${page + 1}>; rel="next"`);
        response.end(`page ${page}`);
      });
      const { subject } = await relaying.trigger(from, 'Chunked');
      const seen: string[] = [];
      for (let path: string | undefined = `/trigger/request/${subject}`; path !== undefined;) {
        const answer = await api.storage.served.send('POST', path, { body: 'first' });
        seen.push(answer.text);
        path = /^<(\/trigger\/request\/[^>]+)>; rel="next"$/.exec(answer.header('link') ?? '')?.[1];
        expect(path ?? '').not.toContain('127.0.0.1');
      }
      expect(seen).toEqual(['page 1', 'page 2', 'page 3']);
      expect(receiver.received.map(({ method, body }) => `${method ?? ''} ${body}`)).toEqual([
        'POST first',
        'GET ',
        'GET ',
      ]);
    });

    test('tells a page that lies elsewhere nothing of what is meant for the service', async () => {
      const elsewhere = await relaying.receiver((_, response) => response.end('page 2'));
      const { subject: from, receiver } = await relaying.service(
        (_, response) => {
          const next = `http://127.0.0.1:${elsewhere.port}/2`;
          response.writeHead(200, { Link: `<${next}>; rel="next"` }).end('page 1');
        },
        { headers: { 'X-Secret': 'of the service', Accept: 'text/plain' } },
      );
      const { subject } = await relaying.trigger(from, 'Chunked');
      const link = (await relaying.post(subject)).header('link') ?? '';
      const path = /^<([^>]+)>/.exec(link)?.[1] ?? '';
      const answer = await api.storage.served.send('POST', path, { body: 'not for them' });
      expect(answer.text).toBe('page 2');
      expect(receiver.received[0]?.headers).toMatchObject({ 'x-secret': 'of the service' });
      const [received] = elsewhere.received;
      expect([received?.method, received?.body]).toEqual(['GET', '']);
      expect(received?.headers).toMatchObject({ accept: 'text/plain' });
      for (const name of ['x-secret', 'webhook-signature', 'millrace-hops']) {
        expect(received?.headers[name]).toBeUndefined();
      }
    });

    test('for a page that nobody was told of is 400', async () => {
      const { subject: from } = await relaying.service((_, response) => {
        response.writeHead(200, { Link: '<?page=2>; rel="next"' }).end();
      });
      const [one, other] = [
        await relaying.trigger(from, 'Chunked'),
        await relaying.trigger(from, 'Chunked'),
      ];
      const link = (await relaying.post(one.subject)).header('link') ?? '';
      const token = /page=([^>]+)>/.exec(link)?.[1] ?? '';
      expect((await relaying.post(one.subject, '', {}, `?page=${token}`)).status).toBe(200);
      const refused = [
        await relaying.post(other.subject, '', {}, `?page=${token}`),
        await relaying.post(one.subject, '', {}, `?page=${token.slice(0, -4)}AAAA`),
        await relaying.post(one.subject, '', {}, '?page='),
        await relaying.post(one.subject, '', {}, '?page=http://127.0.0.1/'),
        await relaying.post(from, '', {}, `?page=${token}`),
      ];
      for (const answer of refused) {
        expect(answer.status).toBe(400);
        expect(answer.json).toMatchObject({ status_code: 400 });
      }
    });

    test('is 404 where nothing answers', async () => {
      const answer = await api.ask('POST', '/trigger/request/nobody.here', 'x');
      expect(answer.status).toBe(404);
      expect(answer.json).toEqual({
        error: 'Not found: Nothing answers on nobody.here',
        status_code: 404,
      });
    });

    test('is 404 at a trigger whose service is gone, and answered once it is there', async () => {
      const from = `${freshName()}.in`;
      const { subject, name } = await relaying.trigger(from, 'Singleton');
      await api.untilState(name, 'waiting', 'service-missing');
      const unanswered = await relaying.post(subject);
      expect(unanswered.status).toBe(404);
      expect(unanswered.text).toContain(
        `Nothing answers on ${subject}: the trigger ${name} asks the service of ${from}, and none is registered there`,
      );
      await relaying.service((_, response) => response.end('there'), {}, from);
      await api.untilState(name, 'active');
      expect((await relaying.post(subject)).text).toBe('there');
      await api.ask('DELETE', `/trigger/services/${from}`);
      await api.untilState(name, 'waiting', 'service-missing');
      expect((await relaying.post(subject)).status).toBe(404);
    });

    test('is 503 at a trigger that is paused, and 404 at one that is deleted', async () => {
      const { subject: from } = await relaying.service((_, response) => response.end('there'));
      const { subject, name } = await relaying.trigger(from, 'Singleton');
      const path = `/trigger/triggers/stream/${name}`;
      await api.ask('POST', `${path}/pause`);
      const paused = await api.ask('POST', `/trigger/request/${subject}`, 'x');
      expect([paused.status, paused.header('retry-after')]).toEqual([503, '1']);
      await api.ask('POST', `${path}/resume`);
      expect((await relaying.post(subject)).text).toBe('there');
      await api.ask('DELETE', path);
      expect((await relaying.post(subject)).status).toBe(404);
    });

    test('hands the status and body of a failing service on', async () => {
      const { subject } = await relaying.service((_, response) => {
        response.writeHead(418, { Location: '/elsewhere' }).end('short and stout');
      });
      const answer = await relaying.post(subject);
      expect([answer.status, answer.text]).toEqual([418, 'short and stout']);
    });

    test('follows no redirect, to wherever it leads', async () => {
      const inside = await relaying.receiver((_, response) => response.end('secret'));
      for (const status of [302, 307]) {
        const { subject } = await relaying.service((_, response) => {
          response.writeHead(status, { Location: `http://127.0.0.1:${inside.port}/` }).end();
        });
        const answer = await relaying.post(subject);
        expect(answer.status).toBe(status);
        expect(answer.header('location')).toBeUndefined();
      }
      expect(inside.received).toEqual([]);
    });

    test('is 502 where the service cannot be reached, or speaks no HTTP', async () => {
      const gone = await relaying.receiver((_, response) => response.end());
      const subject = freshName();
      await relaying.register(subject, { url: `http://127.0.0.1:${gone.port}/` });
      await gone.close();
      const answer = await api.ask('POST', `/trigger/request/${subject}`, 'x');
      expect(answer.json).toEqual({
        error: `Bad gateway: The service of ${subject} cannot be reached: connection refused`,
        status_code: 502,
      });
    });

    test('is 504 where the service hangs, and others are none the worse', async () => {
      const { subject: hanging } = await relaying.service(() => undefined, { timeout_ms: 100 });
      const { subject: well } = await relaying.service((_, response) => response.end('well'));
      const [late, inTime] = await Promise.all([relaying.post(hanging), relaying.post(well)]);
      expect([late.status, inTime.text]).toEqual([504, 'well']);
    });

    test('goes through so many services, and then no further', async () => {
      const { subject, receiver } = await relaying.service((_, response) => response.end());
      await relaying.post(subject, 'x', { 'Millrace-Hops': '15' });
      expect(receiver.received[0]?.headers['millrace-hops']).toBe('16');
      const answer = await relaying.post(subject, 'x', { 'Millrace-Hops': '16' });
      expect([answer.status, receiver.received.length]).toEqual([508, 1]);
    });

    test('that comes back to itself ends', async () => {
      const subject = freshName();
      const { port } = api.storage.served.server();
      await relaying.register(subject, {
        url: `http://127.0.0.1:${port}/trigger/request/${subject}`,
      });
      expect((await relaying.post(subject)).status).toBe(508);
    });

    test('takes its trace along within the account', async () => {
      const { subject: from, receiver } = await relaying.service((_, response) => response.end());
      const { subject } = await relaying.trigger(from, 'Singleton');
      await relaying.post(subject, 'x', TRACE);
      expect(receiver.received[0]?.headers).toMatchObject(TRACE);
    });

    test('with a body that is encoded is 415, and a strange page twice is 400', async () => {
      const { subject } = await relaying.service((_, response) => response.end());
      const encoded = await relaying.post(subject, 'x', { 'Content-Encoding': 'gzip' });
      expect(encoded.status).toBe(415);
      expect((await relaying.post(subject, 'x', {}, '?page=a&page=b')).status).toBe(400);
      expect((await api.ask('GET', `/trigger/request/${subject}`)).status).toBe(405);
    });
  },
  OPTIONS,
);

const TRACE = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'a=1' };

describe('after a restart', () => {
  const api = new TriggerApiClient(new StorageApiClient('embedded', OPTIONS));
  const relaying = new Relaying(api);

  test('triggers answer as before, and pages from before are asked for anew', async () => {
    const { subject: from } = await relaying.service(
      ({ headers }, response) => {
        response.writeHead(200, { Link: '<?page=2>; rel="next"' });
        response.end(headers['x-key']);
      },
      { headers: { 'X-Key': 'kept' } },
    );
    const { subject } = await relaying.trigger(from, 'Chunked');
    const link = (await relaying.post(subject)).header('link') ?? '';
    const path = /^<([^>]+)>/.exec(link)?.[1] ?? '';
    expect((await api.storage.served.send('POST', path)).status).toBe(200);
    await api.storage.served.restart();
    expect((await relaying.post(subject)).text).toBe('kept');
    expect((await api.storage.served.send('POST', path)).status).toBe(400);
  });
});

describe('an answer that is too large', () => {
  const api = new TriggerApiClient(
    new StorageApiClient('memory', { ...OPTIONS, serviceAnswerBytesMax: 1000 }),
  );
  const relaying = new Relaying(api);

  test('is 502, and its connection is cut', async () => {
    const { subject, receiver } = await relaying.service((_, response) => {
      response.write('x'.repeat(500));
      const more = setInterval(() => response.write('x'.repeat(500)), 1);
      response.on('close', () => {
        clearInterval(more);
      });
    });
    const answer = await api.ask('POST', `/trigger/request/${subject}`, 'x');
    expect(answer.status).toBe(502);
    await until('the connection is cut', () => Promise.resolve(receiver.sockets.size === 0));
  });
});

describe('calls beyond the bound', () => {
  const api = new TriggerApiClient(
    new StorageApiClient('memory', { ...OPTIONS, serviceCallsMax: 1 }),
  );
  const relaying = new Relaying(api);

  test('are 503, until there is room again', async () => {
    const answers: (() => void)[] = [];
    const { subject } = await relaying.service((_, response) => {
      answers.push(() => response.end('first'));
    });
    const first = relaying.post(subject);
    await until('it is called', () => Promise.resolve(answers.length === 1));
    const second = await api.ask('POST', `/trigger/request/${subject}`, 'x');
    expect([second.status, second.header('retry-after')]).toEqual([503, '1']);
    answers[0]?.();
    expect((await first).text).toBe('first');
  });
});

describe('requests in a server that calls nothing of its own networks', () => {
  const api = new TriggerApiClient(new StorageApiClient('memory', {}));
  const relaying = new Relaying(api);

  test('do not come to a name that leads there', async () => {
    const receiver = await relaying.receiver((_, response) => response.end('secret'));
    const subject = freshName();
    await relaying.register(subject, { url: `http://localhost:${receiver.port}/` });
    const answer = await api.ask('POST', `/trigger/request/${subject}`, 'x');
    expect(answer.json).toEqual({
      error: `Bad gateway: The service of ${subject} leads to an address that may not be called from here`,
      status_code: 502,
    });
    expect(receiver.received).toEqual([]);
  });
});

describe('requests behind credentials', () => {
  const api = new TriggerApiClient(
    new StorageApiClient('memory', { ...OPTIONS, jwtSecret: SECRET }),
  );

  async function as(account: string, scope: string): Promise<Headers> {
    const token = await signWithSecret({ account, scope });
    return { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  }

  test('need trigger:write on the subject, of the account that has it', async () => {
    const ask = async (account: string, scope: string) =>
      (await api.ask('POST', '/trigger/request/a.b', 'x', await as(account, scope))).status;
    expect((await api.ask('POST', '/trigger/request/a.b', 'x')).status).toBe(401);
    expect(await ask('acme', 'trigger:read')).toBe(401);
    expect(await ask('acme', 'trigger:write:c.*')).toBe(401);
    expect(await ask('acme', 'trigger:write:a.*')).toBe(404);
  });
});
