import { expect, test } from 'vitest';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';
import type { Answer, Headers } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import {
  onStorageEngines,
  verdict,
  type StorageApiClient,
} from '../../support/http/storage-api.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

/** An account of its own, with durable and managed streams. */
class Account {
  readonly #api: StorageApiClient;
  readonly #headers: Headers;

  constructor(api: StorageApiClient, headers: Headers) {
    this.#api = api;
    this.#headers = headers;
  }

  static async open(api: StorageApiClient): Promise<Account> {
    const token = await signWithSecret({ account: freshName() });
    return new Account(api, { Authorization: `Bearer ${token}` });
  }

  durable(method: string, stream: string, body?: string, headers: Headers = {}): Promise<Answer> {
    return this.#api.served.send(method, `/v1/stream/${stream}`, {
      headers: { ...TEXT, ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  managed(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { ...JSON_TYPE, ...this.#headers };
    return this.#api.ask(method, `/storage/streams/${path}`, body, headers);
  }

  create(name: string, settings: object = {}): Promise<Answer> {
    return this.managed('PUT', name, { subjects: [`${name}.>`], ...settings });
  }

  publish(name: string, body: unknown): Promise<Answer> {
    return this.managed('POST', `${name}/messages`, { stream: name, subject: `${name}.a`, body });
  }

  /** The data of a managed stream, read as a durable one. */
  async read(name: string): Promise<string> {
    const path = `/streams/${name}?offset=-1`;
    return (await this.#api.served.get(path, this.#headers)).text;
  }

  append(name: string, body: string): Promise<Answer> {
    const headers = { ...JSON_TYPE, ...this.#headers, 'Stream-Subject': `${name}.a` };
    return this.#api.served.post(`/streams/${name}`, { headers, body });
  }
}

function expectRetryAfter(...answers: readonly Answer[]): void {
  for (const answer of answers) expect(answer.header('retry-after')).toBe('60');
}

const STREAMS = { jwtSecret: SECRET, accountStreamsMax: 2, checkpointIntervalMs: 100 };

onStorageEngines(
  'an account that may have two streams',
  (api) => {
    test('has durable and managed ones together, until some are deleted', async () => {
      const account = await Account.open(api);
      expect((await account.durable('PUT', 'a', 'x')).status).toBe(201);
      expect((await account.create('b')).status).toBe(200);
      const refused = [await account.durable('PUT', 'c', 'x'), await account.create('d')];
      expect(refused[0]?.verdict).toBe('429 too-many-streams-of-account');
      expect(refused.slice(1).map(verdict)).toEqual(['429 too_many_streams_of_account']);
      expectRetryAfter(...refused);
      expect((await account.durable('GET', 'c')).status).toBe(404);
      expect((await account.managed('GET', 'd')).status).toBe(404);

      expect((await account.managed('DELETE', 'b')).status).toBe(200);
      expect((await account.durable('PUT', 'c', 'x')).status).toBe(201);
      expect(verdict(await account.create('d'))).toBe('429 too_many_streams_of_account');
      expect((await account.durable('DELETE', 'a')).status).toBe(204);
      expect((await account.create('d')).status).toBe(200);
    });

    test('may ask again for what it has, and write to it', async () => {
      const account = await Account.open(api);
      await account.durable('PUT', 'a', 'x');
      await account.create('b');
      expect((await account.durable('PUT', 'a', 'x')).status).toBe(200);
      expect((await account.create('b', { max_msgs: 5 })).status).toBe(200);
      expect((await account.durable('POST', 'a', 'y')).status).toBe(204);
      expect((await account.publish('b', 1)).status).toBe(200);
    });

    test('is not counted with another', async () => {
      const [one, other] = [await Account.open(api), await Account.open(api)];
      for (const name of ['a', 'b']) await one.durable('PUT', name, 'x');
      expect((await one.durable('PUT', 'c')).status).toBe(429);
      expect((await other.durable('PUT', 'c')).status).toBe(201);
      expect((await other.create('b')).status).toBe(200);
    });

    test('has a stream that was deleted until its forks are gone', async () => {
      const account = await Account.open(api);
      await account.durable('PUT', 'a', 'x');
      const from = { 'Stream-Forked-From': '/v1/stream/a' };
      expect((await account.durable('PUT', 'b', undefined, from)).status).toBe(201);
      expect((await account.durable('PUT', 'c', undefined, from)).status).toBe(429);
      expect((await account.durable('DELETE', 'a')).status).toBe(204);
      expect((await account.durable('PUT', 'c', 'x')).status).toBe(429);
      expect((await account.durable('DELETE', 'b')).status).toBe(204);
      expect((await account.durable('PUT', 'c', 'x')).status).toBe(201);
      expect((await account.create('d')).status).toBe(200);
    });

    test('has room again when a stream has expired', async () => {
      const account = await Account.open(api);
      await account.create('b');
      await account.durable('PUT', 'a', 'x', { 'Stream-TTL': '1' });
      const statusOf = async (): Promise<number> => (await account.durable('PUT', 'c')).status;
      expect(await statusOf()).toBe(429);
      await expect.poll(statusOf, { timeout: 20_000 }).toBe(201);
    });

    if (api.served.engine === 'embedded') {
      test('has as many after a restart', async () => {
        const account = await Account.open(api);
        await account.durable('PUT', 'a', 'x');
        await account.create('b');
        await api.served.restart();
        expect((await account.durable('PUT', 'c', 'x')).status).toBe(429);
        expect((await account.create('d')).status).toBe(429);
        expect((await account.durable('DELETE', 'a')).status).toBe(204);
        expect((await account.create('d')).status).toBe(200);
        expect((await account.durable('PUT', 'c', 'x')).status).toBe(429);
      });
    }
  },
  STREAMS,
);

const BYTES = { jwtSecret: SECRET, accountBytesMax: 100 };

onStorageEngines(
  'an account that may have 100 bytes',
  (api) => {
    test('appends up to the bound, and has room again when it deletes', async () => {
      const account = await Account.open(api);
      expect((await account.durable('PUT', 'a', 'x'.repeat(60))).status).toBe(201);
      expect((await account.durable('PUT', 'b')).status).toBe(201);
      expect((await account.durable('POST', 'b', 'y'.repeat(40))).status).toBe(204);
      const refused = [
        await account.durable('POST', 'b', 'z'),
        await account.durable('PUT', 'c', 'z'),
      ];
      for (const each of refused) expect(each.verdict).toBe('429 too-many-bytes-of-account');
      expectRetryAfter(...refused);
      expect((await account.durable('GET', 'b')).text).toBe('y'.repeat(40));
      expect((await account.durable('GET', 'c')).status).toBe(404);
      // What adds nothing is not refused: it closes the stream.
      const closed = { 'Stream-Closed': 'true' };
      expect((await account.durable('POST', 'b', undefined, closed)).status).toBe(204);

      expect((await account.durable('DELETE', 'b')).status).toBe(204);
      expect((await account.durable('POST', 'a', 'x'.repeat(41))).status).toBe(429);
      expect((await account.durable('POST', 'a', 'x'.repeat(40))).status).toBe(204);
    });

    test('publishes up to the bound, of subjects and bodies', async () => {
      const account = await Account.open(api);
      await account.create('m');
      await account.durable('PUT', 'a', 'x'.repeat(50));
      // The subject has 3 bytes, and the body quotes.
      expect((await account.publish('m', 'x'.repeat(45))).status).toBe(200);
      const refused = await account.publish('m', 1);
      expect(verdict(refused)).toBe('429 too_many_bytes_of_account');
      const appended = await account.append('m', '1');
      expect(appended.verdict).toBe('429 too-many-bytes-of-account');
      expectRetryAfter(refused, appended);
      expect((await account.durable('POST', 'a', 'x')).status).toBe(429);
      expect(JSON.parse(await account.read('m'))).toHaveLength(1);

      expect((await account.managed('DELETE', 'm/messages?sequences=1')).status).toBe(200);
      expect((await account.publish('m', 'x'.repeat(46))).status).toBe(429);
      expect((await account.append('m', '1')).status).toBe(204);
      expect((await account.durable('POST', 'a', 'x'.repeat(46))).status).toBe(204);
      expect((await account.durable('POST', 'a', 'x')).status).toBe(429);
    });

    test('goes on publishing to a stream that discards as much', async () => {
      const account = await Account.open(api);
      await account.create('m', { max_msgs: 1 });
      expect((await account.publish('m', 'x'.repeat(95))).status).toBe(200);
      expect((await account.publish('m', 'y'.repeat(95))).status).toBe(200);
      expect((await account.publish('m', 'y'.repeat(96))).status).toBe(429);
      expect(JSON.parse(await account.read('m'))).toEqual(['y'.repeat(95)]);
    });

    test('has a mirror wait until there is room', async () => {
      const account = await Account.open(api);
      await account.create('m');
      await account.durable('PUT', 'a', 'x'.repeat(50));
      await account.publish('m', 'x'.repeat(35));
      const mirror = { mirror: { name: 'm' } };
      expect((await account.managed('PUT', 'copy', mirror)).status).toBe(200);
      expect((await account.durable('DELETE', 'a')).status).toBe(204);
      const copied = async (): Promise<unknown> => JSON.parse(await account.read('copy'));
      await expect.poll(copied, { timeout: 20_000 }).toEqual(['x'.repeat(35)]);
      expect((await account.publish('m', 'x'.repeat(35))).status).toBe(429);
    });

    if (api.served.engine === 'embedded') {
      test('has as many after a restart', async () => {
        const account = await Account.open(api);
        await account.create('m');
        await account.publish('m', 'x'.repeat(45));
        await account.durable('PUT', 'a', 'x'.repeat(50));
        await api.served.restart();
        expect((await account.publish('m', 1)).status).toBe(429);
        expect((await account.durable('POST', 'a', 'x')).status).toBe(429);
        expect((await account.managed('DELETE', 'm/messages?sequences=1')).status).toBe(200);
        expect((await account.durable('POST', 'a', 'x'.repeat(51))).status).toBe(429);
        expect((await account.durable('POST', 'a', 'x'.repeat(50))).status).toBe(204);
      });
    }
  },
  BYTES,
);
