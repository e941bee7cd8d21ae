import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';
import { exchange } from '../../support/raw-http.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const STREAMS = '/storage/streams';

onStorageEngines('the storage API over HTTP', (api) => {
  const everyAnswer = async (headers = {}): Promise<readonly (readonly [string, string])[]> => {
    const name = await api.stream();
    const message = { stream: name, subject: `${name}.a`, body: 1 };
    const path = `${STREAMS}/${name}`;
    const answers = [
      await api.ask('PUT', path, {}, { ...JSON_TYPE, ...headers }),
      await api.ask('GET', path, undefined, headers),
      await api.ask('GET', `${STREAMS}/absent`, undefined, headers),
      await api.ask('POST', `${path}/messages`, message, { ...JSON_TYPE, ...headers }),
      await api.ask('POST', `${path}/messages`, {}, { ...JSON_TYPE, ...headers }),
      await api.ask('PUT', path, '{', { ...JSON_TYPE, ...headers }),
      await api.ask('GET', '/storage/nothing', undefined, headers),
      await api.ask('PATCH', path, '{}', { ...JSON_TYPE, ...headers }),
    ];
    return answers.map((answer) => [
      String(answer.status),
      `${answer.header('access-control-allow-origin') ?? ''} ${answer.header('vary') ?? ''}`.trim(),
    ]);
  };

  test('answers a page of any origin, with credentials, whatever the answer', async () => {
    const answers = await everyAnswer({ Origin: 'https://app.example' });
    const expected = ['200', '200', '404', '200', '400', '400', '404', '405'];
    expect(answers).toEqual(expected.map((status) => [status, 'https://app.example Origin']));
  });

  test('says nothing of origins to who has none', async () => {
    expect((await everyAnswer()).map(([, allowed]) => allowed)).toEqual(Array(8).fill(''));
  });

  test.each([
    ['/storage/streams', 'GET, HEAD, OPTIONS, POST'],
    ['/storage/streams/a', 'DELETE, GET, HEAD, OPTIONS, PUT'],
    ['/storage/streams/a/messages', 'DELETE, OPTIONS, POST'],
    ['/storage/streams/a/messages/1', 'GET, HEAD, OPTIONS'],
    ['/storage/streams/a/search-by-subject', 'GET, HEAD, OPTIONS'],
    ['/storage/stream/a/purge', 'DELETE, OPTIONS'],
  ])('tells at %s of its methods, and refuses others', async (path, methods) => {
    const sorted = (text: string | undefined): string | undefined =>
      text?.split(', ').toSorted().join(', ');
    const options = await api.ask('OPTIONS', path, undefined, {
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'msg-id',
    });
    expect(options.status).toBe(204);
    expect(sorted(options.header('allow'))).toBe(methods);
    expect(sorted(options.header('access-control-allow-methods'))).toBe(
      sorted(options.header('allow')),
    );
    expect(options.header('access-control-allow-headers')).toMatch(
      /Expected-Last-Seq, Expected-Last-Subject-Seq,.*Msg-Id/,
    );
    for (const method of ['PATCH', 'PROPFIND', 'TRACE']) {
      const answer = await api.ask(method, path, undefined, {});
      expect(verdict(answer)).toBe('405 method_not_allowed');
      expect(sorted(answer.header('allow'))).toBe(methods);
    }
  });

  test.each([
    '/storage/',
    '/storage/streams/',
    '/storage/streams/a/',
    '/storage/Streams',
    '/storage/streams/a/messages/1/2',
    '/storage/stream/a',
    '/storage/stream',
    '/storage/streams/a/purge',
    '/storage//streams',
    '/storage/str%65ams',
  ])('serves nothing at %s, or refuses the empty name in it', async (path) => {
    expect(['404 not_found', '400 validation_error']).toContain(
      verdict(await api.ask('GET', path)),
    );
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'x', ';;'])(
    'refuses a body of the type %s',
    async (type) => {
      const name = await api.stream();
      const headers = { 'Content-Type': type };
      const message = { stream: name, subject: `${name}.a`, body: 1 };
      const answers = [
        await api.ask('PUT', `${STREAMS}/${name}`, {}, headers),
        await api.ask('POST', `${STREAMS}/${name}/messages`, message, headers),
      ];
      expect(answers.map(verdict)).toEqual(Array(2).fill('415 unsupported_media_type'));
    },
  );

  test.each(['application/json; charset=utf-8', 'Application/JSON', undefined])(
    'takes a body of the type %s for JSON',
    async (type) => {
      const name = await api.stream();
      const headers = type === undefined ? {} : { 'Content-Type': type };
      const message = { stream: name, subject: `${name}.a`, body: 1 };
      expect((await api.ask('PUT', `${STREAMS}/${name}`, {}, headers)).status).toBe(200);
      expect((await api.ask('POST', `${STREAMS}/${name}/messages`, message, headers)).status).toBe(
        200,
      );
    },
  );

  test('refuses a body that is encoded', async () => {
    const name = await api.stream();
    for (const path of [`${STREAMS}/${name}`, `${STREAMS}/${name}/messages`]) {
      const headers = { ...JSON_TYPE, 'Content-Encoding': 'gzip' };
      const method = path.endsWith('messages') ? 'POST' : 'PUT';
      const answer = await api.ask(method, path, '{}', headers);
      expect(verdict(answer)).toBe('415 content_encoding_unsupported');
    }
  });

  test('refuses a configuration that is no UTF-8', async () => {
    const text = Buffer.from('{"description":"\u00ff"}', 'latin1');
    expect(verdict(await api.put(freshName(), text))).toBe('400 validation_error');
  });

  test('refuses a header that is given twice and may not be', async () => {
    const name = await api.stream();
    const headers = { ...JSON_TYPE, 'Msg-Id': ['a', 'b'] };
    const body = { stream: name, subject: `${name}.a`, body: 1 };
    const answer = await api.ask('POST', `${STREAMS}/${name}/messages`, body, headers);
    expect(verdict(answer)).toBe('400 validation_error');
  });

  test('refuses framing that two servers could read in two ways, in its own words', async () => {
    const { port } = api.served.server();
    const unclear = [
      { method: 'PUT', fields: ['Transfer-Encoding: gzip, chunked'], body: '0\r\n\r\n' },
      { hostless: true },
      { fields: ['Host: a b'], hostless: true },
      { method: 'POST', fields: ['Msg-Id: a', 'Msg-Id: b'], body: '{}' },
    ];
    for (const request of unclear) {
      const answer = await exchange(port, { target: '/storage/streams/a/messages', ...request });
      expect([request, answer.status]).toEqual([request, 400]);
      expect(answer.body.toString()).toMatch(/^{"error":"validation_error","message":"/);
    }
  });

  test('is counted by route, method and status', async () => {
    const name = await api.stream();
    await api.publish(name, `${name}.a`, 1);
    const { text } = await api.served.get('/metrics');
    for (const labels of [
      'route="storage",method="PUT",status="200"',
      'route="messages",method="POST",status="200"',
      'route="document",method="GET",status="200"',
    ]) {
      expect(text).toContain(labels);
    }
  });
});

onStorageEngines(
  'the storage API within bounds',
  (api) => {
    test('refuses JSON that nests too deep, however deep', async () => {
      for (const depth of [11, 1000]) {
        const deep = `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
        expect(verdict(await api.put(freshName(), deep))).toBe('400 validation_error');
      }
      expect((await api.put(freshName(), `{"x":${'['.repeat(9)}${']'.repeat(9)}}`)).status).toBe(
        200,
      );
    });

    test('refuses a body that is too large, announced or not', async () => {
      const large = JSON.stringify({ description: 'x'.repeat(5000) });
      expect(verdict(await api.put(freshName(), large))).toBe('413 body_too_large');
      const chunks = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
      const answer = await exchange(api.served.server().port, {
        method: 'PUT',
        target: '/storage/streams/a',
        fields: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
        body: chunks,
      });
      expect(answer.status).toBe(413);
      expect(answer.body.toString()).toContain('"error":"body_too_large"');
    });

    test('refuses a description longer than 4096 characters', async () => {
      const name = freshName();
      const described = (length: number): object => ({ description: 'x'.repeat(length) });
      expect((await api.put(name, described(4000))).status).toBe(200);
      expect(verdict(await api.put(name, described(4097)))).toBe('400 validation_error');
    });

    test('lets only pages of the origins that are listed use it', async () => {
      const headers = { Origin: 'https://other.example' };
      const answer = await api.ask('GET', STREAMS, undefined, headers);
      expect(answer.header('access-control-allow-origin')).toBe(undefined);
      expect(answer.header('vary')).toBe('Origin');
    });
  },
  { jsonDepthMax: 10, bodyBytesMax: 4200, corsOrigins: ['https://app.example'] },
);
