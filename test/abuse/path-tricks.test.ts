import { readdir } from 'node:fs/promises';
import { sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, type Answer } from '../support/raw-http.ts';
import {
  createStream,
  expectProblem,
  expectSecured,
  shareMillrace,
  stateOf,
  named,
} from './support.ts';

const millrace = shareMillrace();

function put(target: string): Promise<Answer> {
  const fields = ['Content-Type: text/plain'];
  return exchange(millrace.port, { method: 'PUT', target, fields, body: 'x' });
}

/** Every bucket's and every base stream's name that the server knows must be one we made. */
async function streamsOf(bucket: string): Promise<unknown> {
  const { body } = await exchange(millrace.port, { target: `/${bucket}` });
  return JSON.parse(body.toString());
}

beforeAll(async () => {
  await createStream(millrace.port, '/demo/kept', { body: 'kept' });
  await createStream(millrace.port, '/v1/stream/kept', { body: 'kept' });
});

// Whatever the tests of this file have tried, it has left these files and no others.
afterAll(async () => {
  const names = await readdir(millrace.dataDir, { recursive: true });
  for (const name of names) {
    expect(name.split(sep).join('/')).toMatch(
      /^(?:LOCK|index(?:\/(?:data|lock)\.mdb)?|wal(?:\/(?:\d{16}\.wal|spare\.tmp))?)$/,
    );
  }
});

describe('H6: a path that tries to leave its place', () => {
  it.each(
    named([
      '/demo/..',
      '/demo/...',
      '/demo/a..b',
      '/demo/%2e%2e',
      '/demo/%2E%2e',
      '/demo/.%2e',
      '/demo/a%2fb',
      '/demo/a%2Fb',
      '/demo/%2f',
      '/demo/..%2f..%2fetc',
      '/demo/..%5c..%5cetc',
      '/demo/%00',
      '/demo/a%00b',
      '/demo/',
      '/demo/%',
      '/demo/%2',
      '/demo/%zz',
      '/demo/%c0%ae%c0%ae',
      '/demo/%e0%80%ae',
      '/demo/%ed%a0%80',
      '/demo/%f4%90%80%80',
      '/demo/%ff',
      `/demo/${'a'.repeat(123)}`,
      `/demo/${'%61'.repeat(123)}`,
      `/demo/${'%c3%a9'.repeat(62)}`,
      `/demo/${'a'.repeat(8192)}`,
      '/v1/stream/',
      '/v1/stream//kept',
      '/v1/stream/kept/',
      '/v1/stream/.',
      '/v1/stream/..',
      '/v1/stream/../stream/kept',
      '/v1/stream/a/../kept',
      '/v1/stream/%2e%2e/kept',
      '/v1/stream/%2e%2e%2fkept',
      '/v1/stream/a%2f..%2fkept',
      '/v1/stream/%2f',
      '/v1/stream/%00',
      '/v1/stream/a%00b',
      '/v1/stream/%',
      '/v1/stream/%zz',
      '/v1/stream/%c0%af',
      '/v1/stream/%ed%a0%80',
      `/v1/stream/${'a'.repeat(1025)}`,
      `/v1/stream/${'a'.repeat(8192)}`,
      `/v1/stream/${'a/'.repeat(4096)}a`,
      '/abc',
      '/ABCD',
      '/demo%00',
      '/%2e%2e%2e%2e',
      '/....',
      '/storage',
      '/streams',
      '/trigger',
      '/v1',
      '/v1/stream',
      '/v1%2fstream%2fkept',
      '/demo/kept#fragment',
      '/v1/stream/kept#fragment',
      '*',
      '*demo/kept',
      '*/demo/kept',
    ]),
  )('H6: %s is refused with 400', async (_name, target) => {
    expectProblem(await put(target), 400);
  });

  it.each(
    named([
      '/',
      '//',
      '//demo/kept',
      '/demo//kept',
      '/demo/kept/',
      '/demo/kept/more',
      '/../demo/kept',
      '/./demo/kept',
      '/-/healthy/',
      '/v1//stream/kept',
      '/v1/stream/__ds',
      '/v1/stream/__ds/subscriptions/x',
      '/v1/stream/%5f%5fds',
      '/v1/stream/%5F_ds%2fx',
    ]),
  )('H6: %s is nowhere', async (_name, target) => {
    expectProblem(await put(target), 404, 'not-found');
  });

  it.each(
    named([
      '/demo/caf\xe9',
      '/v1/stream/\xff',
      '/v1/stream/a\x7fb',
      '/v1/stream/a b',
      'demo/kept',
      '',
    ]),
  )('H6: %s is no request target', async (_name, target) => {
    expectProblem(await put(target), 400);
  });

  it('H6: none of them has made or changed anything', async () => {
    expect(await streamsOf('demo')).toEqual({ bucket_id: 'demo', streams: ['kept'] });
    for (const path of ['/demo/kept', '/v1/stream/kept']) {
      expect(await stateOf(millrace.port, path)).toMatchObject({ body: 'kept' });
    }
  });
});

describe('H6: a name that only looks dangerous', () => {
  const innocent = [
    ['a backslash', '%5c..%5c', '%5C..%5C'],
    ['a backslash as it is', 'a\\b', 'a%5cb'],
    ['a tilde', '~root', '%7Eroot'],
    ['a percent sign', '%25', '%25'],
    ['an encoded encoding', '%252e%252e%252f', '%252e%252e%252f'],
    ['a pipe and a semicolon', 'x|y;z', 'x%7Cy%3Bz'],
    ['a name of the data folder', 'LOCK', '%4COCK'],
    ['a property of every object', '__proto__', '%5f_proto__'],
    ['another one', 'constructor', 'constructo%72'],
    ['a control path of another base', '__ds', '_%5fds'],
    ['a line end', 'a%0d%0ab', 'a%0D%0Ab'],
    ['a question mark', 'a%3foffset=now', 'a%3Foffset%3dnow'],
    ['a number sign', 'a%23b', 'a%23b'],
    ['a byte order mark', '%ef%bb%bf', '%EF%BB%BF'],
    ['a right-to-left override', '%e2%80%ae', '%E2%80%AE'],
    ['a device of another system', 'CON.txt:', 'CON.txt%3a'],
  ] as const;

  it.each(innocent)('H6: with %s is a stream of its bucket and of nothing else', async (...row) => {
    const [, name, otherSpelling] = row;
    const path = `/demo/${name}`;
    if (name === '%5c..%5c') {
      // Two dots in a row are refused in a bucket's stream ids, whatever stands around them.
      expectProblem(await put(path), 400);
      return;
    }
    await createStream(millrace.port, path, { body: `I am ${name}` });
    const read = await exchange(millrace.port, { target: `/demo/${otherSpelling}` });
    expect(read.body.toString()).toBe(`I am ${name}`);
    const listed = JSON.stringify(await streamsOf('demo'));
    expect(listed).toContain(JSON.stringify(decodeURIComponent(name)));
    const removed = await exchange(millrace.port, { method: 'DELETE', target: path });
    expect(removed.status).toBe(204);
  });

  it.each(innocent.filter(([, name]) => name !== '__ds'))(
    'H6: with %s is a stream of the base address and of nothing else',
    async (_case, name, otherSpelling) => {
      await createStream(millrace.port, `/v1/stream/${name}`, { body: `I am ${name}` });
      const read = await exchange(millrace.port, { target: `/v1/stream/${otherSpelling}` });
      expect(read.body.toString()).toBe(`I am ${name}`);
    },
  );

  it('H6: near a control path is a stream', async () => {
    for (const name of ['__dsx', '__DS', 'x/__ds', '_ds']) {
      expect((await put(`/v1/stream/${name}`)).status).toBe(201);
    }
  });

  it('H6: as a bucket is a bucket', async () => {
    for (const bucket of ['__proto__', 'constructor', 'wal-', 'index']) {
      expect((await put(`/${bucket}`)).status).toBe(201);
      expect(await streamsOf(bucket)).toEqual({ bucket_id: bucket, streams: [] });
    }
  });
});

describe('H6: a whole URL as the request target', () => {
  it('H6: means what its path means', async () => {
    for (const target of [
      'http://elsewhere.test/demo/kept',
      'HTTPS://a:1@b:2/demo/kept?offset=-1',
    ]) {
      expect((await exchange(millrace.port, { target })).body.toString()).toBe('kept');
    }
  });

  it('H6: gets no further than its path', async () => {
    expectProblem(await put('http://elsewhere.test/demo/../kept'), 404);
    expectProblem(await put('http://elsewhere.test'), 404);
    expectProblem(await put('http://elsewhere.test?x'), 404);
    expectProblem(await put('ftp://elsewhere.test/demo/kept'), 400);
    expectProblem(await put('http:///demo/kept'), 400);
  });
});

describe('H6: a query with tricks in it', () => {
  it.each(
    named([
      '?offset=-1&offset=-1',
      '?offset=-1&%6fffset=now',
      '?offset=',
      '?offset',
      '?offset=%00',
      '?offset=-1%00',
      '?offset=../',
      '?offset=-1#fragment',
      '?live=',
      '?live=sse',
      '?offset=-1&live=SSE',
      '?offset=-1&live=sse&live=long-poll',
      '?offset=-1&live=sse&live=sse',
      '?offset=-1&cursor=1&cursor=2',
      '?offset=-1;live=sse',
    ]),
  )('H6: %s is refused with 400', async (_name, query) => {
    expectProblem(await exchange(millrace.port, { target: `/demo/kept${query}` }), 400);
  });

  it.each(
    named([
      '?',
      '??',
      '?&&&',
      '?=',
      '?__proto__=x',
      '?constructor[prototype]=x',
      '?%ff=%ff',
      '?%=%zz',
      '?OFFSET=nonsense',
      '?offset%00=nonsense',
      '?offset=-1&x=/../../etc/passwd',
      `?${'&'.repeat(60)}offset=-1`,
      '?%6f%66%66%73%65%74=-1',
    ]),
  )('H6: %s is read over', async (_name, query) => {
    const answer = await exchange(millrace.port, { target: `/demo/kept${query}` });
    expect(answer.body.toString()).toBe('kept');
    expectSecured(answer);
  });

  it('H6: of seven thousand parameters is read over', async () => {
    const target = `/demo/kept?${'a&'.repeat(7000)}offset=-1`;
    expect((await exchange(millrace.port, { target })).body.toString()).toBe('kept');
  });

  it.each(
    named([
      '?limit=0',
      '?limit=-1',
      '?limit=1001',
      '?limit=1e3',
      '?limit=%31%30%30%31',
      '?limit=',
      '?limit=1&limit=2',
      '?prefix=%00',
      '?prefix=%ff',
      '?after=a%00b',
      '?prefix=a&prefix=b',
      `?prefix=${'a'.repeat(123)}`,
      `?after=${'%c3%a9'.repeat(62)}`,
      `?prefix=${'a'.repeat(8192)}`,
      `?after=${'a'.repeat(8192)}`,
    ]),
  )('H6: of a list, %s is refused with 400', async (_name, query) => {
    expectProblem(await exchange(millrace.port, { target: `/demo/streams${query}` }), 400);
  });

  it.each(named(['?prefix=../', '?after=%f4%8f%bf%bf', '?prefix=%01']))(
    'H6: of a list, %s stays in the bucket',
    async (_name, query) => {
      const { status, body } = await exchange(millrace.port, { target: `/demo/streams${query}` });
      expect(status).toBe(200);
      expect(JSON.parse(body.toString())).toMatchObject({ bucket_id: 'demo' });
    },
  );
});
