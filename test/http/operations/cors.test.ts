import { describe, expect, test } from 'vitest';
import { onBothEngines, serve, type Served } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import type { Answer, Headers } from '../../support/http/client.ts';

const ORIGIN = 'https://page.test';
const TEXT = { 'Content-Type': 'text/plain' };

const EXPOSED = [
  'ETag',
  'Location',
  'Retry-After',
  'Stream-Closed',
  'Stream-Cursor',
  'Stream-Expires-At',
  'Stream-Next-Offset',
  'Stream-SSE-Data-Encoding',
  'Stream-TTL',
  'Stream-Up-To-Date',
  'Producer-Epoch',
  'Producer-Expected-Seq',
  'Producer-Received-Seq',
  'Producer-Seq',
];

const SENT = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Producer-Id',
  'Producer-Epoch',
  'Producer-Seq',
  'Stream-Closed',
  'Stream-Expires-At',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Stream-Forked-From',
  'Stream-Seq',
  'Stream-Subject',
  'Stream-TTL',
  'Target-Authorization',
  'X-Target-Api-Key',
];

/** One answer of every kind, to a page of the origin. */
async function answers(server: Served, origin: Headers): Promise<[string, Answer][]> {
  const path = server.freshPath();
  const headers = { ...origin, ...TEXT };
  const created = await server.put(path, { headers, body: 'abc' });
  const read = await server.get(path, origin);
  const producer = { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '4' };
  return [
    ['a created stream', created],
    ['an append', await server.post(path, { headers, body: 'x' })],
    ['a gap', await server.post(path, { headers: { ...headers, ...producer }, body: 'x' })],
    ['a read', read],
    ['a page that has not changed', await server.get(path, { ...origin, 'If-None-Match': '*' })],
    ['HEAD', await server.send('HEAD', path, { headers: origin })],
    ['offset=now', await server.get(`${path}?offset=now`, origin)],
    ['a long-poll', await server.get(`${path}?offset=-1&live=long-poll`, origin)],
    ['a precondition', await server.put(path, { headers: { ...headers, 'If-Match': '"x"' } })],
    ['a bad request', await server.get(`${path}?offset=bad`, origin)],
    ['a missing stream', await server.get(server.freshPath(), origin)],
    ['a bad path', await server.get('/demo/%zz', origin)],
    ['a method that is not known', await server.send('PATCH', path, { headers: origin })],
    [
      'a repeated header',
      await server.put(path, { headers: { ...origin, 'Stream-TTL': ['1', '1'] } }),
    ],
    ['a listing', await server.get('/demo/streams', origin)],
    ['health', await server.get('/-/healthy', origin)],
    ['a preflight', await server.send('OPTIONS', path, { headers: origin })],
    ['a deletion', await server.delete(path, origin)],
  ];
}

const names = (list: string | undefined): string[] =>
  (list ?? '').split(',').map((name) => name.trim().toLowerCase());

onBothEngines('CORS', {}, (server) => {
  test('lets any page read every kind of answer, with credentials, headers by name', async () => {
    for (const [kind, answer] of await answers(server, { Origin: ORIGIN })) {
      expect([kind, answer.header('access-control-allow-origin')]).toEqual([kind, ORIGIN]);
      expect([kind, answer.header('access-control-allow-credentials')]).toEqual([kind, 'true']);
      const exposed = names(answer.header('access-control-expose-headers'));
      // Browsers take `*` for a name as soon as credentials are sent.
      expect(exposed).not.toContain('*');
      expect(exposed).toEqual(expect.arrayContaining(EXPOSED.map((name) => name.toLowerCase())));
      expect([kind, names(answer.header('vary'))]).toEqual([
        kind,
        expect.arrayContaining(['origin']),
      ]);
    }
  });

  test('lets any page follow over SSE', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: { ...TEXT, 'Stream-Closed': 'true' }, body: 'abc' });
    const reader = await EventStream.open(server, path, { headers: { Origin: ORIGIN } });
    await reader.ended;
    expect(reader.incoming.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
    });
  });

  test('every header that an answer of ours carries is exposed', async () => {
    const plain = [
      'access-control',
      'connection',
      'content-',
      'cross-origin',
      'date',
      'keep-alive',
    ];
    const safe = ['cache-control', 'transfer-encoding', 'vary', 'allow', 'x-'];
    for (const [, answer] of await answers(server, { Origin: ORIGIN })) {
      const exposed = names(answer.header('access-control-expose-headers'));
      for (const name of Object.keys(answer.headers)) {
        if ([...plain, ...safe].some((known) => name.startsWith(known))) continue;
        expect(exposed).toContain(name);
      }
    }
  });

  test.each(['/v1/stream/x', '/demo/x', '/demo', '/demo/streams'])(
    'a preflight for %s allows its methods and our headers',
    async (path) => {
      const asked = {
        Origin: ORIGIN,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'stream-ttl,content-type',
      };
      const answer = await server.send('OPTIONS', path, { headers: asked });
      expect([answer.status, answer.text]).toEqual([204, '']);
      const methods = names(answer.header('access-control-allow-methods'));
      const known = path === '/demo/streams' ? ['get'] : ['get', 'put', 'delete'];
      expect(methods).toEqual(expect.arrayContaining(known));
      const allowed = names(answer.header('access-control-allow-headers'));
      expect(allowed).toEqual(expect.arrayContaining(SENT.map((name) => name.toLowerCase())));
      expect(Number(answer.header('access-control-max-age'))).toBeGreaterThan(0);
    },
  );

  test('who is no page is not bothered with it', async () => {
    for (const [kind, { headers }] of await answers(server, {})) {
      const named = Object.keys(headers).filter((name) => name.startsWith('access-control'));
      // A preflight without an origin is a plain OPTIONS, which may tell what it would allow.
      if (kind !== 'a preflight') expect([kind, named]).toEqual([kind, []]);
    }
  });
});

describe('CORS for chosen origins', () => {
  const server = serve('memory', { corsOrigins: [ORIGIN, 'http://localhost:5173'] });

  test('is for those, each by its name', async () => {
    for (const origin of [ORIGIN, 'http://localhost:5173']) {
      const answer = await server.get('/demo', { Origin: origin });
      expect(answer.header('access-control-allow-origin')).toBe(origin);
    }
  });

  test.each([
    'https://other.test',
    'https://page.test.other',
    'http://page.test',
    'null',
    'HTTPS://PAGE.TEST',
  ])('is not for %s, and caches are told so', async (origin) => {
    for (const [kind, answer] of await answers(server, { Origin: origin })) {
      expect([kind, answer.header('access-control-allow-origin')]).toEqual([kind, undefined]);
      expect([kind, answer.header('access-control-allow-credentials')]).toEqual([kind, undefined]);
      expect(names(answer.header('vary'))).toContain('origin');
    }
  });
});
