import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient, type Headers } from '../support/http/client.ts';
import {
  spawnMillrace,
  StartFailed,
  temporaryFolder,
  type SpawnedMillrace,
} from '../support/millrace.ts';
import { SECRET, signWithSecret } from '../support/accounts/tokens.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const TEXT = { 'Content-Type': 'text/plain' };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: SpawnedMillrace | undefined;
let client: HttpClient;

beforeEach(async () => {
  folder = await temporaryFolder();
  client = new HttpClient(() => running?.url ?? '');
});

afterEach(async () => {
  client.close();
  await running?.kill('SIGKILL');
  running = undefined;
  await folder.remove();
});

interface Finished {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** `millrace keys …`, from its start to its end. */
async function keys(...args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, 'keys', ...args, '--data-dir', folder.path]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child, 'close');
  return { exitCode: child.exitCode ?? -1, out, err };
}

async function createKey(...args: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await keys('create', '--name', 'a key', ...args);
  expect([exitCode, err]).toEqual([0, '']);
  return out.trim();
}

async function start(...flags: readonly string[]): Promise<SpawnedMillrace> {
  const args = ['--data-dir', folder.path, '--log-level', 'debug', ...flags];
  running = await spawnMillrace(args);
  return running;
}

async function startRefused(...flags: readonly string[]): Promise<string> {
  const failure: unknown = await start(...flags).catch((error: unknown) => error);
  if (!(failure instanceof StartFailed)) throw new Error('it started');
  expect(failure.exitCode).toBe(1);
  return failure.output;
}

async function verdict(headers: Headers = {}): Promise<string> {
  return (await client.get('/demo/x', headers)).verdict;
}

describe('millrace keys', () => {
  it('makes the first key, with which the server asks for credentials', async () => {
    const key = await createKey();
    expect(key).toMatch(/^mk_[A-Za-z0-9_-]{43}$/);
    await start();
    expect(await verdict()).toBe('401 unauthorized');
    expect(await verdict({ 'X-Api-Key': `${key.slice(0, -1)}_` })).toBe('401 unauthorized');
    const headers = { 'X-Api-Key': key };
    // A folder that had keys before it had a server has the bucket to try things in all the same.
    expect((await client.put('/demo/x', { headers: { ...headers, ...TEXT } })).status).toBe(201);
    expect((await client.get('/metrics', headers)).verdict).toBe('403 forbidden');
  });

  it('lists what it has made, and revokes it', async () => {
    await createKey('--account', 'acme', '--scope', 'streams:read');
    const key = await createKey('--expires-on', '2999-01-01T00:00:00Z');
    const { out } = await keys('list');
    expect(out.split('\n')).toHaveLength(3);
    expect(out).toContain('2999-01-01');
    expect(out).toContain(key.slice(-4));
    expect(out).not.toContain(key);
    expect((await keys('list', '--account', 'acme')).out).toContain('streams:read');
    const [id = ''] = out.split('\n')[1]?.split(' ') ?? [];
    expect((await keys('revoke', id, '--account', 'acme')).exitCode).toBe(1);
    expect(await keys('revoke', id)).toEqual({ exitCode: 0, out: `revoked ${id}\n`, err: '' });
    await start();
    expect(await verdict({ 'X-Api-Key': key })).toBe('401 unauthorized');
  });

  it('leaves a folder alone that a server has open, and says so', async () => {
    await start();
    const { exitCode, err } = await keys('create', '--name', 'x');
    expect(exitCode).toBe(1);
    expect(err).toContain('in use by another process');
    expect(err).toContain('Stop the server first');
    expect(await verdict()).toBe('404 stream-not-found');
  });
});

describe('a server that others can reach', () => {
  // An address of loopback that is not taken for one.
  const reachable = ['--host', '127.1'];

  it('does not start without credentials, unless it is told to', async () => {
    const output = await startRefused(...reachable);
    expect(output).toContain('no credentials are configured');
    expect(output).toContain('--insecure-open');
    const { url } = await start(...reachable, '--insecure-open');
    expect((await fetch(`${url}/demo/x`)).status).toBe(404);
  });

  it('starts with an API key, or with a way to verify tokens, and asks for them', async () => {
    await start(...reachable, '--jwt-secret', SECRET);
    expect(await verdict()).toBe('401 unauthorized');
    const token = await signWithSecret();
    expect(await verdict({ Authorization: `Bearer ${token}` })).toBe('404 stream-not-found');
    await running?.kill('SIGTERM');
    const key = await createKey();
    await start(...reachable, '--insecure-open');
    expect(await verdict()).toBe('401 unauthorized');
    expect(await verdict({ 'X-Api-Key': key })).toBe('404 stream-not-found');
  });

  it('does not start with a key for tokens that is none', async () => {
    expect(await startRefused('--jwt-public-key', '/nowhere')).toContain('/nowhere cannot be read');
  });
});

describe('secrets (S5)', () => {
  async function filesIn(directory: string): Promise<string[]> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  }

  it('are in no file of the data folder, and in no log', async () => {
    const key = await createKey();
    const token = await signWithSecret({ account: 'default' });
    const server = await start('--jwt-secret', SECRET, '--access-token-in-query');
    const answers = [
      await client.put('/demo/x', { headers: { 'X-Api-Key': key, ...TEXT }, body: 'a' }),
      await client.get('/demo/x', { Authorization: `Bearer ${token}` }),
      await client.get(`/demo/x?access_token=${token}`),
      await client.get(`/demo/x?access_token=${token}&offset=wrong`),
      await client.get(`/demo/x?access_token=${key}`),
      await client.get(`/demo/x?access_token=${token}`, { 'X-Api-Key': key }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 400, 401, 401]);
    await running?.kill('SIGTERM');
    const secrets = [key.slice(3), token, token.split('.')[2] ?? token, SECRET];
    const written = [
      server.output(),
      ...answers.map((answer) => answer.text + JSON.stringify(answer.headers)),
    ];
    for (const file of await filesIn(folder.path)) {
      written.push(await readFile(file, 'latin1'));
    }
    expect(written.length).toBeGreaterThan(answers.length + 2);
    for (const secret of secrets) {
      expect(written.filter((text) => text.includes(secret))).toEqual([]);
    }
    // They would be found if they were there: the key's name is.
    expect(written.some((text) => text.includes('"name":"a key"'))).toBe(true);
  });
});
