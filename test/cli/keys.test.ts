import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../src/accounts/api-keys.ts';
import { runKeys, type Printed } from '../../src/cli/keys.ts';
import { parseKeysCommand } from '../../src/config/keys-command.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';

describe('millrace keys', () => {
  let keys: ApiKeys;

  beforeEach(() => {
    const store = new MemoryEngine({ bytesMax: 1 << 20, life: 'keys' });
    keys = new ApiKeys(store, { nowMs: () => Date.UTC(2030, 0, 1) }, randomBytes);
  });

  /** What a command line prints and ends with. */
  async function run(...args: readonly string[]): Promise<Printed> {
    const parsed = parseKeysCommand(args, {});
    return parsed.kind === 'print' ? parsed : runKeys(keys, parsed.command);
  }

  it('prints a key that it makes, and nothing else', async () => {
    const { text, exitCode } = await run('create', '--name', 'a key');
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^mk_[A-Za-z0-9_-]{43}\n$/);
  });

  it("prints what is known of an account's keys, in columns", async () => {
    await run('create', '--name', 'one', '--scope', 'streams:read');
    await run('create', '--name', 'the other', '--expires-on', '2031-01-01T00:00:00Z');
    await run('create', '--name', 'foreign', '--account', 'acme');
    const { text } = await run('list');
    const [heading, ...rows] = text.trimEnd().split('\n');
    expect(heading?.split(/ +/)).toEqual(['ID', 'KEY', 'CREATED', 'EXPIRES', 'NAME', 'SCOPE']);
    expect(rows).toHaveLength(2);
    expect(text).toMatch(/never +one +streams:read$/m);
    expect(text).toMatch(/2031-01-01T00:00:00\.000Z +the other +all but accounts:admin$/m);
    expect((await run('list', '--account', 'nobody')).text).not.toContain('one');
  });

  it.each([
    [['create'], '--name'],
    [['create', '--name', ''], '--name must be'],
    [['create', '--name', 'x', '--scope', 'everything'], '--scope holds "everything"'],
    [['create', '--name', 'x', '--expires-on', 'soon'], '--expires-on must be'],
    [['create', '--name', 'x', '--account', '../x'], 'cannot be an account'],
    [['revoke'], "'id'"],
    [['revoke', 'nothing'], 'has no key of the id "nothing"'],
    [['destroy'], 'unknown command'],
    [[], 'Usage'],
  ] as const)('says what is wrong with %j', async (args, message) => {
    const { text, exitCode } = await run(...args);
    expect(exitCode).toBe(1);
    expect(text).toContain(message);
  });

  it('finds the data folder by its flag, the variable, or its usual place', () => {
    const folderOf = (args: readonly string[], environment: Record<string, string>): string => {
      const parsed = parseKeysCommand(['list', ...args], environment);
      return parsed.kind === 'keys' ? parsed.dataDir : parsed.text;
    };
    expect(folderOf(['--data-dir', 'a'], { MILLRACE_DATA_DIR: 'b' })).toBe('a');
    expect(folderOf([], { MILLRACE_DATA_DIR: 'b' })).toBe('b');
    expect(folderOf([], {})).toBe('./data');
  });
});
