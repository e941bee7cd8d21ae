import { describe, expect, test } from 'vitest';
import { stream } from '@durable-streams/client';
import { clockedMillrace, type ClockedMillrace } from '../../support/clocked-millrace.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { HttpClient, type Answer, type Headers } from '../../support/http/client.ts';
import { until } from '../../support/http/until.ts';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const PATH = '/v1/stream/followed';

interface Followed {
  readonly server: ClockedMillrace;
  readonly client: HttpClient;
  readonly writer: Headers;
}

/** A stream on a server whose wall clock stands until it is stepped. */
async function followed(): Promise<Followed> {
  const server = await clockedMillrace({ jwtSecret: SECRET, jwtLeewayMs: 0 });
  const client = new HttpClient(() => `http://127.0.0.1:${server.port}`);
  const writer = { ...TEXT, ...(await token(server, 3600)) };
  await client.put(PATH, { headers: writer, body: 'a' });
  return { server, client, writer };
}

async function token({ clock }: ClockedMillrace, seconds: number): Promise<Headers> {
  const exp = Math.floor(clock.nowMs() / 1000) + seconds;
  return { Authorization: `Bearer ${await signWithSecret({ exp })}` };
}

async function makeKey({ accounts }: ClockedMillrace): Promise<{ key: string; id: string }> {
  const request = { keyName: 'reader', expiresOn: undefined, scope: 'streams:read' };
  const outcome = await accounts.createKey('acme', request);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return { key: outcome.key, id: outcome.apiKey.id };
}

function poll(client: HttpClient, headers: Headers): Promise<Answer> {
  return client.get(`${PATH}?offset=now&live=long-poll`, headers);
}

async function liveReaders({ client, server }: Followed): Promise<number> {
  const exp = Math.floor(server.clock.nowMs() / 1000) + 60;
  const claims = { exp, scope: 'accounts:admin' };
  const Authorization = `Bearer ${await signWithSecret(claims)}`;
  const { text } = await client.get('/metrics', { Authorization });
  return Number(/^millrace_live_readers (\d+)$/m.exec(text)?.[1]);
}

/** The last event says what has ended, and nothing before it says that the stream has. */
function expectEnding({ events, controls, isComplete }: EventStream, code: string): void {
  expect(events.at(-1)).toMatchObject({ event: 'error', data: JSON.stringify({ code }) });
  expect(controls.some(({ streamClosed }) => streamClosed === true)).toBe(false);
  expect(isComplete).toBe(true);
}

describe('a live read whose token expires (S3)', () => {
  test('over SSE ends with an event that says so, and is no end of the stream', async () => {
    const { server, client } = await followed();
    const follower = await EventStream.open(client, PATH, { headers: await token(server, 10) });
    await follower.until(({ data }) => data.join('') === 'a');
    server.clock.step(9000);
    server.clock.step(1000);
    await follower.ended;
    expectEnding(follower, 'credential-expired');
    client.close();
  });

  test('shows nothing that comes after, even before anybody has looked at the clock', async () => {
    const { server, client, writer } = await followed();
    const follower = await EventStream.open(client, PATH, { headers: await token(server, 10) });
    await follower.until(({ data }) => data.join('') === 'a');
    server.clock.step(10_000);
    await client.post(PATH, { headers: writer, body: 'too late' });
    await follower.ended;
    expect(follower.data.join('')).toBe('a');
    expectEnding(follower, 'credential-expired');
    client.close();
  });

  test('over long-poll is refused', async () => {
    const all = await followed();
    const { server, client } = all;
    const polled = poll(client, await token(server, 10));
    await until('the poll waits', async () => (await liveReaders(all)) === 1);
    server.clock.step(10_000);
    const answer = await polled;
    expect(answer.verdict).toBe('401 unauthorized');
    expect(answer.header('www-authenticate')).toBe('Bearer error="invalid_token"');
    client.close();
  });

  test('goes on for those whose token has not', async () => {
    const { server, client, writer } = await followed();
    const short = await EventStream.open(client, PATH, { headers: await token(server, 10) });
    const long = await EventStream.open(client, PATH, { headers: await token(server, 100) });
    await long.until(({ data }) => data.join('') === 'a');
    server.clock.step(10_000);
    await short.ended;
    await client.post(PATH, { headers: writer, body: 'b' });
    await long.until(({ data }) => data.join('') === 'ab');
    await long.cut();
    client.close();
  });
});

describe('a live read whose key is revoked (S4)', () => {
  test('over SSE ends with the revocation, and shows nothing that comes after', async () => {
    const { server, client, writer } = await followed();
    const { key, id } = await makeKey(server);
    const follower = await EventStream.open(client, PATH, { headers: { 'X-Api-Key': key } });
    await follower.until(({ data }) => data.join('') === 'a');
    await server.accounts.keys.revoke('acme', { kind: 'id', id });
    await client.post(PATH, { headers: writer, body: 'too late' });
    await follower.ended;
    expect(follower.data.join('')).toBe('a');
    expectEnding(follower, 'credential-revoked');
    expect((await client.get(PATH, { 'X-Api-Key': key })).verdict).toBe('401 unauthorized');
    client.close();
  });

  test('over long-poll is refused', async () => {
    const all = await followed();
    const { server, client } = all;
    const { key, id } = await makeKey(server);
    const polled = poll(client, { 'X-Api-Key': key });
    await until('the poll waits', async () => (await liveReaders(all)) === 1);
    await server.accounts.keys.revoke('acme', { kind: 'id', id });
    expect((await polled).verdict).toBe('401 unauthorized');
    client.close();
  });
});

describe('a live read without a credential', () => {
  test('ends when the first key is made', async () => {
    const server = await clockedMillrace();
    const client = new HttpClient(() => `http://127.0.0.1:${server.port}`);
    await client.put(PATH, { headers: TEXT, body: 'a' });
    const follower = await EventStream.open(client, PATH);
    await follower.until(({ data }) => data.join('') === 'a');
    await makeKey(server);
    await follower.ended;
    expectEnding(follower, 'credential-revoked');
    expect((await client.get(PATH)).verdict).toBe('401 unauthorized');
    client.close();
  });
});

describe('the client of the protocol', () => {
  test('takes the ending for a broken connection, comes again, and is told why it may not', async () => {
    const { server, client } = await followed();
    const seen: string[] = [];
    const { Authorization = '' } = await token(server, 10);
    const response = await stream({
      url: `http://127.0.0.1:${server.port}${PATH}`,
      headers: { Authorization: String(Authorization) },
      live: 'sse',
      backoffOptions: { initialDelay: 1, maxDelay: 5, multiplier: 1, maxRetries: 2 },
    });
    const closed = response.closed.then(
      () => 'closed',
      (error: unknown) => String(error),
    );
    response.subscribeText((chunk) => {
      seen.push(chunk.text);
    });
    await until('the client has read', () => Promise.resolve(seen.join('') === 'a'));
    server.clock.step(10_000);
    expect(await closed).toContain('401');
    expect(response.streamClosed).toBe(false);
    client.close();
  });
});
