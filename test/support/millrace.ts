import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { pino } from 'pino';
import { createServer, type MillraceOptions } from '../../src/index.ts';
import { createListener, listen } from '../../src/http/listener.ts';

export interface RunningMillrace {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string | undefined;
  /** Ends it and removes the folder it was given, if it made that itself. */
  close(): Promise<void>;
}

const QUIET = pino({ level: 'silent' });

/** A folder that `use` may fill and that is gone afterwards. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A server in this process, on a free port of loopback, by default in a folder of its own. */
export async function startMillrace(options: MillraceOptions = {}): Promise<RunningMillrace> {
  const made =
    options.memory === true || options.dataDir !== undefined ? undefined : await temporaryFolder();
  const dataDir = options.memory === true ? undefined : (options.dataDir ?? made?.path);
  const millrace = await createServer({
    // A log segment is filled with zeros ahead of its use: small ones suit many small servers.
    walSegmentBytes: 1024 * 1024,
    logger: QUIET,
    ...options,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  const server = createListener(millrace.app, millrace.config);
  const port = await listen(server, options.port ?? 0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    close: async () => {
      millrace.endLiveReads();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await millrace.close();
      await made?.remove();
    },
  };
}

export interface SpawnedMillrace {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly process: ChildProcess;
  /** All that it has written so far. */
  output(): string;
  /** Sends the signal and resolves with the exit code, or null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What to run node by, such as a shell that sets limits first. */
  readonly command?: readonly string[];
}

const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** The built program in a process of its own. `args` are its flags; a free port is added. */
export async function spawnMillrace(
  args: readonly string[] = [],
  { env = {}, command = [] }: SpawnOptions = {},
): Promise<SpawnedMillrace> {
  const [program, ...before] = [...command, process.execPath];
  const withPort = args.includes('--port') ? args : [...args, '--port', '0'];
  const child = spawn(program, [...before, MAIN, '--wal-segment-bytes', '1048576', ...withPort], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      const match = /listens on (http:\S+)/.exec(output);
      if (match?.[1] !== undefined) resolve(match[1]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => {
      reject(new StartFailed(code, output));
    });
  });
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    process: child,
    output: () => output,
    kill: async (signal) => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** The program ended before it listened. */
export class StartFailed extends Error {
  override name = 'StartFailed';
  readonly exitCode: number | null;
  readonly output: string;

  constructor(exitCode: number | null, output: string) {
    super(`millrace ended with ${String(exitCode)}: ${output}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}
