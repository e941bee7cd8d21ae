import { beforeAll, describe, expect, test } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import type { HttpClient } from '../support/http/client.ts';
import { temporaryFolder } from '../support/millrace.ts';
import type { RawRequest } from '../support/raw-http.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import { Mortal } from './support/mortal.ts';
import { killAtStatusLine } from './support/status-line.ts';

// The status line has been received, and at that moment the process is gone: what it said holds.

/** `at` is what the paths of a test begin with: the server is shared, its streams are not. */
interface Case {
  readonly what: string;
  readonly prepare: (client: HttpClient, at: string) => Promise<void>;
  readonly request: (at: string) => RawRequest;
  readonly status: number;
  readonly holds: (client: HttpClient, at: string) => Promise<void>;
}

const TEXT = { 'Content-Type': 'text/plain' };

async function makeStream(client: HttpClient, at: string): Promise<void> {
  const { status } = await client.put(`${at}-stream`, { headers: TEXT, body: 'first\n' });
  expect(status).toBe(201);
}

async function makeFork(client: HttpClient, at: string): Promise<void> {
  await makeStream(client, at);
  const { status } = await client.put(`${at}-fork`, {
    headers: { 'Stream-Forked-From': `${at}-stream` },
  });
  expect(status).toBe(201);
}

function bucketAt(at: string): string {
  return at.replace('/demo/', '/bucket-');
}

async function textOf(client: HttpClient, path: string): Promise<string> {
  return (await client.get(path)).text;
}

const CASES: readonly Case[] = [
  {
    what: 'a DELETE',
    prepare: makeStream,
    request: (at) => ({ method: 'DELETE', target: `${at}-stream` }),
    status: 204,
    holds: async (client, at) => {
      expect((await client.get(`${at}-stream`)).verdict).toBe('404 stream-not-found');
      expect((await client.post(`${at}-stream`, { headers: TEXT, body: 'x' })).status).toBe(404);
      // The name is free, and nothing of the old stream comes back with it.
      expect((await client.put(`${at}-stream`, { headers: TEXT })).status).toBe(201);
      expect(await textOf(client, `${at}-stream`)).toBe('');
    },
  },
  {
    what: 'a DELETE of a stream that forks need',
    prepare: makeFork,
    request: (at) => ({ method: 'DELETE', target: `${at}-stream` }),
    status: 204,
    holds: async (client, at) => {
      expect((await client.get(`${at}-stream`)).verdict).toBe('410 stream-gone');
      expect((await client.put(`${at}-stream`, { headers: TEXT })).status).toBe(409);
      expect(await textOf(client, `${at}-fork`)).toBe('first\n');
    },
  },
  {
    what: 'a DELETE of the last fork of a deleted stream',
    prepare: async (client, at) => {
      await makeFork(client, at);
      expect((await client.delete(`${at}-stream`)).status).toBe(204);
    },
    request: (at) => ({ method: 'DELETE', target: `${at}-fork` }),
    status: 204,
    holds: async (client, at) => {
      expect((await client.get(`${at}-fork`)).status).toBe(404);
      expect((await client.get(`${at}-stream`)).status).toBe(404);
      expect((await client.put(`${at}-stream`, { headers: TEXT })).status).toBe(201);
    },
  },
  {
    what: 'a close',
    prepare: makeStream,
    request: (at) => ({ method: 'POST', target: `${at}-stream`, fields: ['Stream-Closed: true'] }),
    status: 204,
    holds: async (client, at) => {
      expect((await client.head(`${at}-stream`)).isClosed).toBe(true);
      const refusal = await client.post(`${at}-stream`, { headers: TEXT, body: 'late' });
      expect(refusal.verdict).toBe('409 stream-closed');
      expect(await textOf(client, `${at}-stream`)).toBe('first\n');
    },
  },
  {
    what: 'an append that closes',
    prepare: makeStream,
    request: (at) => ({
      method: 'POST',
      target: `${at}-stream`,
      fields: ['Content-Type: text/plain', 'Stream-Closed: true'],
      body: 'last\n',
    }),
    status: 204,
    holds: async (client, at) => {
      const answer = await client.get(`${at}-stream`);
      expect([answer.text, answer.isClosed]).toEqual(['first\nlast\n', true]);
    },
  },
  {
    what: 'a PUT',
    prepare: () => Promise.resolve(),
    request: (at) => ({
      method: 'PUT',
      target: `${at}-stream`,
      fields: ['Content-Type: text/plain', 'Stream-TTL: 3600'],
      body: 'first\n',
    }),
    status: 201,
    holds: async (client, at) => {
      expect(await textOf(client, `${at}-stream`)).toBe('first\n');
      const head = await client.head(`${at}-stream`);
      expect(head.header('content-type')).toBe('text/plain');
      expect(head.header('stream-ttl')).toBe('3600');
    },
  },
  {
    what: 'a PUT of a fork',
    prepare: makeStream,
    request: (at) => ({
      method: 'PUT',
      target: `${at}-fork`,
      fields: [`Stream-Forked-From: ${at}-stream`],
      body: 'own\n',
    }),
    status: 201,
    holds: async (client, at) => {
      expect(await textOf(client, `${at}-fork`)).toBe('first\nown\n');
      // The source knows of its fork: deleting it does not take away what the fork reads.
      expect((await client.delete(`${at}-stream`)).status).toBe(204);
      expect((await client.get(`${at}-stream`)).verdict).toBe('410 stream-gone');
      expect(await textOf(client, `${at}-fork`)).toBe('first\nown\n');
    },
  },
  {
    what: 'a PUT where a stream was deleted before',
    prepare: async (client, at) => {
      await makeStream(client, at);
      expect((await client.delete(`${at}-stream`)).status).toBe(204);
    },
    request: (at) => ({
      method: 'PUT',
      target: `${at}-stream`,
      fields: ['Content-Type: text/plain'],
      body: 'second life\n',
    }),
    status: 201,
    holds: async (client, at) => {
      expect(await textOf(client, `${at}-stream`)).toBe('second life\n');
    },
  },
  {
    what: "a producer's append",
    prepare: makeStream,
    request: (at) => ({
      method: 'POST',
      target: `${at}-stream`,
      fields: [
        'Content-Type: text/plain',
        ...['Producer-Id: p', 'Producer-Epoch: 0', 'Producer-Seq: 0'],
      ],
      body: 'once\n',
    }),
    status: 200,
    holds: async (client, at) => {
      const headers = {
        ...TEXT,
        ...{ 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '0' },
      };
      const retry = await client.post(`${at}-stream`, { headers, body: 'once\n' });
      expect(retry.status).toBe(204);
      expect(await textOf(client, `${at}-stream`)).toBe('first\nonce\n');
    },
  },
  {
    what: 'a PUT of a bucket',
    prepare: () => Promise.resolve(),
    request: (at) => ({ method: 'PUT', target: bucketAt(at) }),
    status: 201,
    holds: async (client, at) => {
      expect((await client.get(bucketAt(at))).status).toBe(200);
    },
  },
  {
    what: 'a DELETE of a bucket',
    prepare: async (client, at) => {
      expect((await client.put(bucketAt(at))).status).toBe(201);
    },
    request: (at) => ({ method: 'DELETE', target: bucketAt(at) }),
    status: 204,
    holds: async (client, at) => {
      expect((await client.get(bucketAt(at))).status).toBe(404);
    },
  },
];

// One server a describe block: each test kills it and starts it again.
describe.each([
  { when: 'at once', flags: [], isInIndex: false },
  {
    when: 'when what was before is in the index',
    flags: ['--checkpoint-interval-ms', '20'],
    isInIndex: true,
  },
])('D2: death right after the acknowledgement, $when', ({ flags, isInIndex }) => {
  let server: Mortal | undefined;
  let tests = 0;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    server = new Mortal(folder.path, { flags });
    await server.start();
    return async () => {
      await server?.end();
      await folder.remove();
    };
  });

  test.each(CASES)('of $what undoes nothing', async ({ prepare, request, status, holds }) => {
    const { client } = must(server, 'the server was started');
    tests += 1;
    const at = `/demo/test-${tests}`;
    await prepare(client, at);
    if (isInIndex) await untilCheckpointed(client);
    expect(await killAtStatusLine(must(server, 'it was started'), request(at))).toBe(status);
    await server?.start();
    await holds(client, at);
  });
});
