import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withKeys } from '../../src/with-keys.ts';
import { temporaryFolder } from '../support/millrace.ts';

const SCRIPT = join(import.meta.dirname, '../support/accounts/keys-until-killed.ts');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(() => folder.remove());

/** What a process says that is killed the moment it has said it. */
async function killedOnceSaid(): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, folder.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      resolve(chunk.toString());
    });
    child.on('exit', () => {
      reject(new Error('it ended without a word'));
    });
  });
  child.kill('SIGKILL');
  await exited;
  return said.trim();
}

it('a key that was made or revoked stays so, whenever the process dies after that (D2)', async () => {
  const [kept = '', revoked = ''] = (await killedOnceSaid()).split(' ');
  await withKeys(folder.path, async (keys) => {
    expect(await keys.identify(kept)).toMatchObject({ ok: true, caller: { account: 'acme' } });
    expect(await keys.identify(revoked)).toMatchObject({
      ok: false,
      refusal: { code: 'unauthorized', reason: 'invalid' },
    });
    expect(await keys.list('acme')).toMatchObject({ keys: [{ lastFour: kept.slice(-4) }] });
  });
});
