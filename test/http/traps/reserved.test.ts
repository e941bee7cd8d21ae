import { expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';

const TEXT = { 'Content-Type': 'text/plain' };

// Of trap 29, subscriptions, only the reservation holds yet: nothing under `__ds` is a stream, so
// that subscriptions can come without taking a name away from anybody.
onBothEngines('traps of reserved names', {}, (server) => {
  test.each([
    '/v1/stream/__ds',
    '/v1/stream/__ds/subscriptions/one',
    '/v1/stream/%5f%5fds/subscriptions/one',
    '/v1/stream/__d%73/x',
    '/v1/stream/__ds%2fsubscriptions%2fone',
  ])('trap 29: %s is reserved for every method', async (path) => {
    for (const method of ['PUT', 'POST', 'GET', 'DELETE']) {
      const answer = await server.send(method, path, { headers: TEXT, body: 'x' });
      expect(answer.verdict).toBe('404 not-found');
    }
    expect((await server.head(path)).status).toBe(404);
  });

  test('trap 29: the keys are read where the protocol has them, and no stream is there', async () => {
    const path = '/v1/stream/__ds/jwks.json';
    expect((await server.get(path)).status).toBe(200);
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const answer = await server.send(method, path, { headers: TEXT, body: 'x' });
      expect(answer.status).toBe(405);
    }
  });

  test('trap 29: a reserved path cannot be forked from', async () => {
    const headers = { 'Stream-Forked-From': '/v1/stream/__ds/subscriptions/one' };
    const forked = await server.put(server.freshPath(), { headers });
    expect(forked.verdict).toBe('400 invalid-header');
  });

  test.each(['/v1/stream/__dsx', '/v1/stream/a/__ds', '/v1/stream/__DS', '/v1/stream/_ds'])(
    'trap 29: %s is a stream like any other',
    async (path) => {
      expect((await server.put(path, { headers: TEXT })).status).toBe(201);
    },
  );
});
