import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpClient, type Answer } from '../../support/http/client.ts';
import { serve } from '../../support/http/engines.ts';
import { startMillrace, type RunningMillrace } from '../../support/millrace.ts';

const OFFSET = /^\d{16}_\d{16}$/;
const TAG = /^"[\x21\x23-\x7e]+"$/;

// What curl sends for the examples of the page, which all begin with `curl -X PUT`.
const CURL = { Accept: '*/*', 'User-Agent': 'curl/8' };

describe.each(['embedded', 'memory'] as const)('the examples of the page, %s engine', (engine) => {
  let server: RunningMillrace;
  let client: HttpClient;

  beforeEach(async () => {
    server = await startMillrace({ memory: engine === 'memory' });
    client = new HttpClient(() => server.url);
  });

  afterEach(async () => {
    client.close();
    await server.close();
  });

  /** `curl -X PUT http://127.0.0.1:4437/demo/hello` */
  const putHello = (): Promise<Answer> => client.put('/demo/hello', { headers: CURL });

  /** `… -H 'Content-Type: application/json' --data-binary '{"msg": "first entry"}'` */
  const putEntry = (): Promise<Answer> =>
    client.put('/demo/hello', {
      headers: { ...CURL, 'Content-Type': 'application/json' },
      body: '{"msg": "first entry"}',
    });

  /** `curl -X PUT http://127.0.0.1:4437/demo/ephemeral -H 'Stream-TTL: 3600'` */
  const putEphemeral = (): Promise<Answer> =>
    client.put('/demo/ephemeral', { headers: { ...CURL, 'Stream-TTL': '3600' } });

  function expectCreated(answer: Answer, path: string, contentType: string): void {
    expect(answer.status).toBe(201);
    expect(answer.header('location')).toBe(`${server.url}${path}`);
    expect(answer.header('content-type')).toBe(contentType);
    expect(answer.offset).toMatch(OFFSET);
    expect(answer.tag).toMatch(TAG);
    expect(answer.text).toBe('');
  }

  test('the first makes an empty stream of bytes', async () => {
    expectCreated(await putHello(), '/demo/hello', 'application/octet-stream');
    expect((await client.get('/demo/hello')).text).toBe('');
  });

  test('the second makes a JSON stream that begins with its entry, as it was sent', async () => {
    expectCreated(await putEntry(), '/demo/hello', 'application/json');
    expect((await client.get('/demo/hello')).text).toBe('[{"msg": "first entry"}]');
  });

  test('the third makes a stream that expires', async () => {
    expectCreated(await putEphemeral(), '/demo/ephemeral', 'application/octet-stream');
    expect((await client.head('/demo/ephemeral')).header('stream-ttl')).toBe('3600');
  });

  test('one after the other, the second meets the stream of the first', async () => {
    const answers = [await putHello(), await putEntry(), await putEphemeral()];
    expect(answers.map(({ verdict }) => verdict)).toEqual(['201', '409 stream-differs', '201']);
    expect((await client.get('/demo/hello')).header('content-type')).toBe(
      'application/octet-stream',
    );
  });

  test('each may be repeated', async () => {
    for (const put of [putHello, putEphemeral]) {
      const made = await put();
      const again = await put();
      expect([made.status, again.status]).toEqual([201, 200]);
      for (const name of ['location', 'content-type', 'stream-next-offset', 'etag']) {
        expect(again.header(name)).toBe(made.header(name));
      }
    }
  });
});

describe('a first start', () => {
  const server = serve('embedded');

  test('on an empty folder makes the bucket demo, and a later start leaves it deleted', async () => {
    expect((await server.get('/demo')).json).toEqual({ bucket_id: 'demo', streams: [] });
    expect((await server.delete('/demo')).status).toBe(204);
    await server.restart();
    expect((await server.get('/demo')).status).toBe(404);
    expect((await server.put('/demo')).status).toBe(201);
    await server.restart();
    expect((await server.get('/demo')).status).toBe(200);
  });
});
