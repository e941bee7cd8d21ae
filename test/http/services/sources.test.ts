import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { receivers } from '../../support/http/receiver.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { until } from '../../support/http/until.ts';
import { at } from '../../support/openapi-checker.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const EVENTS = { 'Content-Type': 'text/event-stream' };
const LINES = { 'Content-Type': 'application/x-ndjson' };

onTriggerEngines(
  'a trigger from a service',
  (api) => {
    const { storage } = api;
    const { register, put } = receivers(api);

    /** From a service to a managed stream of its own. */
    async function asking(subject: string, responseType: string, more: object = {}) {
      const to = await storage.stream();
      const source = { subject, type: 'service', response_type: responseType };
      const name = await api.carrying(subject, `${to}.in`, { source, ...more });
      return { to, name, line: (text: string) => `${to}.in ${text}` };
    }

    test('keeps its one answer, once', async () => {
      const { service, subject } = await register((_received, response) => {
        response.writeHead(200, JSON_TYPE).end('{"price":7}');
      });
      const { to, name, line } = await asking(subject, 'Singleton');
      await api.untilState(name, 'completed');
      expect(await api.lines(to)).toEqual([line('{"price":7}')]);
      expect(service.received.map(({ method }) => method)).toEqual(['GET']);
      expect(service.received[0]?.headers['millrace-hops']).toBe('1');
    });

    test('asks again where the service fails, and where there is none yet', async () => {
      let requests = 0;
      const { service } = await register((_received, response) => {
        requests += 1;
        response.writeHead(requests === 1 ? 503 : 200, JSON_TYPE).end('1');
      });
      const subject = `services.${freshName()}`;
      const { to, name, line } = await asking(subject, 'Singleton');
      await api.untilState(name, 'waiting', 'service-missing');
      await put(subject, service);
      await api.untilState(name, 'completed');
      expect(await api.lines(to)).toEqual([line('1')]);
      expect(requests).toBe(2);
    });

    test('keeps events one by one, and goes on behind the last when it is cut off', async () => {
      const { service, subject } = await register(({ headers }, response) => {
        const last = Number(headers['last-event-id'] ?? 0);
        response.writeHead(last < 4 ? 200 : 204, EVENTS);
        if (last >= 4) {
          response.end();
          return;
        }
        response.write(`retry: 1\nid: ${last + 1}\ndata: {"n":${last + 1}}\n\n`);
        response.write(`id: ${last + 2}\ndata: plain ${last + 2}\n\ndata: unfinished`);
        setImmediate(() => response.destroy());
      });
      const { to, name, line } = await asking(subject, 'Stream');
      await api.untilState(name, 'completed');
      expect(await api.lines(to)).toEqual([
        line('{"n":1}'),
        line('"plain 2"'),
        line('{"n":3}'),
        line('"plain 4"'),
      ]);
      const asked = service.received.map(({ headers }) => headers['last-event-id']);
      expect(asked).toEqual([undefined, '2', '4']);
    });

    test('keeps lines of JSON one by one, none twice when they are said again', async () => {
      let requests = 0;
      const { subject } = await register((_received, response) => {
        requests += 1;
        response.writeHead(200, LINES);
        response.write('{"n":1}\n{"n":2}\n');
        if (requests === 1) setTimeout(() => response.destroy(), 10);
        else response.end('{"n":3}');
      });
      const { to, name, line } = await asking(subject, 'Stream');
      await api.untilState(name, 'completed');
      expect(await api.lines(to)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'].map(line));
    });

    test('keeps page after page', async () => {
      const { service, subject } = await register(({ url = '' }, response) => {
        const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 1);
        const next = page < 3 ? { Link: `</in?page=${page + 1}>; rel="next"` } : {};
        response.writeHead(200, { ...JSON_TYPE, ...next }).end(`[${page}]`);
      });
      const { to, name, line } = await asking(subject, 'Chunked');
      await api.untilState(name, 'completed');
      expect(await api.lines(to)).toEqual(['[1]', '[2]', '[3]'].map(line));
      expect(service.received.map(({ url }) => url)).toEqual(['/in', '/in?page=2', '/in?page=3']);
    });

    test('filters and projects what is said', async () => {
      const { subject } = await register((_received, response) => {
        response.writeHead(200, LINES).end('{"n":1}\n{"n":2}\n{"n":3}\n');
      });
      const { to, name, line } = await asking(subject, 'Stream', {
        filter: { path: '/n', gt: 1 },
        transform: { body: { $get: '/body/n' } },
      });
      await api.untilState(name, 'completed');
      expect(await api.lines(to)).toEqual(['2', '3'].map(line));
    });

    test('says why it waits where what is said comes in no records', async () => {
      const { subject } = await register((_received, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>');
      });
      const { name } = await asking(subject, 'Stream');
      await api.untilState(name, 'waiting', 'service-failed');
      expect(await api.status(name)).toMatchObject({
        last_error: { detail: 'it answers neither events nor lines of JSON' },
        lag: { records: null, seconds: null },
      });
    });

    test('lets go of the service when it is paused, and takes it up again', async () => {
      const { service, subject } = await register(({ headers }, response) => {
        const last = Number(headers['last-event-id'] ?? 0);
        response.writeHead(200, EVENTS).write(`id: ${last + 1}\ndata: ${last + 1}\n\n`);
      });
      const { to, name, line } = await asking(subject, 'Stream');
      await api.untilLines(to, [line('1')]);
      await api.ask('POST', `/trigger/triggers/stream/${name}/pause`);
      await until('its connection is gone', () => service.sockets.size === 0);
      await api.ask('POST', `/trigger/triggers/stream/${name}/resume`);
      await api.untilLines(to, [line('1'), line('2')]);
      expect(at(await api.status(name), 'delivered')).toBe(2);
    });
  },
  { servicesAllowLoopback: true },
);
