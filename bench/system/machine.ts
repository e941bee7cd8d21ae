import { execFile } from 'node:child_process';
import { open, statfs } from 'node:fs/promises';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Samples } from '../stats.ts';
import type { Workspace } from './workspace.ts';

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly loadBefore: number;
  readonly folder: string;
  readonly fileSystem: string;
  /** Durability costs what the disk's sync costs: no figure means anything without this one. */
  readonly syncP50Ms: number;
  readonly syncP99Ms: number;
}

export async function describeMachine(workspace: Workspace): Promise<Machine> {
  const folder = await workspace.folder();
  const sync = await measureSync(folder);
  const fileSystem = await nameFileSystem(folder);
  await workspace.removeFolder(folder);
  const [loadBefore = NaN] = loadavg();
  return {
    date: new Date().toISOString(),
    commit: await currentCommit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore,
    folder: join(folder, '..'),
    fileSystem,
    syncP50Ms: sync.p50Ms,
    syncP99Ms: sync.p99Ms,
  };
}

async function measureSync(folder: string): Promise<{ p50Ms: number; p99Ms: number }> {
  const file = await open(join(folder, 'sync-probe'), 'w');
  const block = Buffer.alloc(4096, 1);
  const samples = new Samples();
  for (let i = 0; i < 200; i += 1) {
    await file.write(block);
    const startedAt = performance.now();
    await file.datasync();
    samples.add(performance.now() - startedAt);
  }
  await file.close();
  const [p50Ms = NaN, p99Ms = NaN] = samples.percentiles(0.5, 0.99);
  return { p50Ms, p99Ms };
}

const fileSystems: Readonly<Record<string, string>> = {
  '1021994': 'tmpfs (memory: durable figures mean nothing here, see --folder)',
  ef53: 'ext4',
  '58465342': 'xfs',
  '9123683e': 'btrfs',
  '794c7630': 'overlayfs',
  '2fc12fc1': 'zfs',
};

async function nameFileSystem(folder: string): Promise<string> {
  const { type } = await statfs(folder);
  const magic = type.toString(16);
  return fileSystems[magic] ?? `type 0x${magic}`;
}

async function currentCommit(): Promise<string> {
  const run = promisify(execFile);
  const cwd = import.meta.dirname;
  try {
    const { stdout: commit } = await run('git', ['rev-parse', '--short=12', 'HEAD'], { cwd });
    const { stdout: changes } = await run(
      'git',
      ['--no-optional-locks', 'status', '--porcelain', '--', '..'],
      { cwd },
    );
    return changes === '' ? commit.trim() : `${commit.trim()} with local changes`;
  } catch {
    return 'unknown';
  }
}
