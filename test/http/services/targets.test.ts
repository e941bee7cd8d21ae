import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { receivers } from '../../support/http/receiver.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { until } from '../../support/http/until.ts';
import { at } from '../../support/openapi-checker.ts';
import type { Handler } from '../../services/service.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const DEAD_LETTERS = 'quiva-trigger-dead-letters';

/** Answers each request with the next status, and then with the last again and again. */
function answering(...statuses: readonly number[]): Handler {
  let requests = 0;
  return (received, response) => {
    const status = statuses[Math.min(requests, statuses.length - 1)] ?? 200;
    requests += 1;
    response.writeHead(status, JSON_TYPE).end(`{"had":${received.body}}`);
  };
}

onTriggerEngines(
  'a trigger to a service',
  (api) => {
    const { storage } = api;
    const { register, put } = receivers(api);

    async function publish(name: string, ...bodies: readonly number[]): Promise<void> {
      for (const body of bodies) {
        const message = { stream: name, subject: `${name}.a`, body: String(body) };
        const answer = await api.ask('POST', `/storage/streams/${name}/messages`, message);
        expect(answer.status).toBe(200);
      }
    }

    /** `more`: of the trigger, and of its target. */
    function calling(from: string, subject: string, more = {}, ofTarget = {}): Promise<string> {
      const target = { subject, type: 'service', ...ofTarget };
      return api.carrying(`${from}.>`, subject, { target, ...more });
    }

    test('sends each record as a signed request, in order, with where it came from', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(200));
      const name = await calling(from, subject);
      await publish(from, 1, 2, 3);
      await until('three requests', () => service.received.length === 3);
      expect(service.received.map(({ body }) => body)).toEqual(['"1"', '"2"', '"3"']);
      const [first, second] = service.received;
      expect(first).toMatchObject({ method: 'POST', url: '/in' });
      expect(first?.headers).toMatchObject({
        'content-type': 'application/json',
        'webhook-attempt': '1',
        'millrace-hops': '1',
        'millrace-trigger': name,
        'millrace-subject': subject,
        'millrace-source': from,
        'millrace-position': '1',
      });
      expect(first?.headers['webhook-signature']).toMatch(/^t=\d+,kid=.+,ed25519=.+$/);
      expect(first?.headers['webhook-id']).not.toBe(second?.headers['webhook-id']);
      await until('all is delivered', async () => at(await api.status(name), 'delivered') === 3);
    });

    test('sends a record again under the same id until it is taken', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(503, 200));
      const name = await calling(from, subject);
      await publish(from, 1, 2);
      await until('three requests', () => service.received.length === 3);
      const [first, again, next] = service.received.map(({ headers }) => headers);
      expect(again?.['webhook-id']).toBe(first?.['webhook-id']);
      expect([again?.['webhook-attempt'], next?.['webhook-attempt']]).toEqual(['2', '1']);
      await until('all is delivered', async () => at(await api.status(name), 'delivered') === 2);
      expect(await api.status(name)).toMatchObject({
        retried: 1,
        last_error: { reason: 'service-failed', detail: 'it answered 503', position: 1 },
      });
    });

    test('waits for a service that is registered later', async () => {
      const from = await storage.stream();
      const { service } = await register(answering(200));
      const subject = `services.${freshName()}`;
      const name = await calling(from, subject);
      await publish(from, 1);
      await api.untilState(name, 'waiting', 'service-missing');
      await put(subject, service);
      await until('a request', () => service.received.length === 1);
    });

    test('keeps what the service answers, where it is told to', async () => {
      const [from, replies] = [await storage.stream(), await storage.stream()];
      const { subject } = await register(answering(200));
      const target = { reply_subject: `${replies}.said` };
      await calling(from, subject, {}, target);
      await publish(from, 1, 2);
      await api.untilLines(replies, [`${replies}.said {"had":"1"}`, `${replies}.said {"had":"2"}`]);
    });

    test('calls a service no second time because its answer finds no room', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(200));
      const replies = freshName();
      const name = await calling(from, subject, {}, { reply_subject: `${replies}.said` });
      await publish(from, 1);
      await api.untilState(name, 'waiting', 'target-missing');
      await storage.ask('PUT', `/storage/streams/${replies}`, { subjects: [`${replies}.>`] });
      await api.untilLines(replies, [`${replies}.said {"had":"1"}`]);
      expect(service.received).toHaveLength(1);
    });

    test('stops at a record that the service refuses', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(400, 200));
      const name = await calling(from, subject);
      await publish(from, 1, 2);
      await until('a refusal', async () => at(await api.status(name), 'last_error') !== null);
      expect(await api.status(name)).toMatchObject({
        last_error: { reason: 'service-refused', detail: 'it answered 400' },
      });
      await until('both are taken', () => service.received.length === 3);
    });

    test('keeps what the service refuses among the dead letters, and goes on', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(422, 200));
      const name = await calling(from, subject, { on_error: 'dead_letter' });
      await publish(from, 1, 2);
      await until('both are sent', () => service.received.length === 2);
      const letters = await api.lines(DEAD_LETTERS);
      const [, letter = ''] =
        letters
          .map((each) => each.split(/ (.*)/s))
          .find(([subject]) => subject === `ms.dead_letter.${name}`) ?? [];
      expect(JSON.parse(letter)).toMatchObject({
        trigger: name,
        source: { stream: from, subject: `${from}.a`, position: 1 },
        error: { reason: 'service-refused', detail: 'it answered 422' },
        attempts: 1,
        body: '1',
      });
      await until('it is told', async () => at(await api.status(name), 'delivered') === 1);
      expect(await api.status(name)).toMatchObject({ dead_lettered: 1, skipped: 0 });
    });

    test('passes over what was tried as often as it may be', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(500, 500, 200));
      const name = await calling(from, subject, { on_error: 'skip', max_attempts: 2 });
      await publish(from, 1, 2);
      await until('both are done with', async () => at(await api.status(name), 'delivered') === 1);
      expect(await api.status(name)).toMatchObject({ skipped: 1, retried: 1 });
      expect(service.received.map(({ body }) => body)).toEqual(['"1"', '"1"', '"2"']);
    });

    test('carries pages to a service, and one record where it has one to carry', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(answering(200));
      const paged = { subject: `${from}.>`, response_type: 'Chunked', chunk_size: 2 };
      await calling(from, subject, { source: paged });
      await publish(from, 1, 2);
      await until('a page', () => service.received.length === 1);
      expect(service.received[0]?.body).toBe('["1","2"]');
      const single = { subject: `${from}.>`, response_type: 'Singleton' };
      const name = await calling(from, subject, { source: single, start: 'all' });
      await api.untilState(name, 'completed');
      expect(service.received.map(({ body }) => body)).toEqual(['["1","2"]', '"1"']);
    });

    test('ends a call that is under way when it is deleted', async () => {
      const from = await storage.stream();
      const { service, subject } = await register(() => undefined);
      const name = await calling(from, subject);
      await publish(from, 1);
      await until('a request', () => service.received.length === 1);
      await api.ask('DELETE', `/trigger/triggers/stream/${name}`);
      await until('its connection is gone', () => service.sockets.size === 0);
    });
  },
  { servicesAllowLoopback: true },
);
