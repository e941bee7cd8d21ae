import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** Whether this machine lets us have mounts of our own. Containers often do not. */
export async function canMount(): Promise<boolean> {
  try {
    await run('unshare', ['-Urm', 'true']);
    return true;
  } catch {
    return false;
  }
}

/** Mounts that only some processes see, and that go away with the test. */
export class Namespace {
  /** What a server's command line begins with to be among them. */
  readonly command: readonly string[];
  readonly #holder: ChildProcess;

  constructor(holder: ChildProcess) {
    this.#holder = holder;
    const target = ['--target', String(holder.pid)];
    this.command = ['nsenter', ...target, '--user', '--mount', '--preserve-credentials', '--'];
  }

  /** How we reach a path that lies among the mounts. */
  path(inside: string): string {
    return `/proc/${String(this.#holder.pid)}/root${inside}`;
  }
}

/** Runs a shell script that mounts something; `$1`, `$2` … are `args`. */
export async function namespace(script: string, ...args: readonly string[]): Promise<Namespace> {
  const holding = `set -e; ${script}; echo mounted; exec sleep 3600`;
  const holder = spawn('unshare', ['-Urm', 'sh', '-c', holding, 'sh', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = once(holder, 'exit');
    if (holder.kill('SIGKILL')) await ended;
  });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('exit', () => {
      reject(new Error('nothing could be mounted'));
    });
  });
  return new Namespace(holder);
}

/** Sets a limit of a running process; see prlimit(1). */
export async function setLimit(pid: number, name: string, limit: string): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--${name}=${limit}`]);
}
