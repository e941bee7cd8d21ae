#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { resolve } from 'node:path';
import { pino } from 'pino';
import { runKeys } from './cli/keys.ts';
import type { KeysCommand } from './config/keys-command.ts';
import { KeyUnusable } from './accounts/token-keys.ts';
import { isLoopback } from './config/loopback.ts';
import { DEFAULTS, type Config } from './config/config.ts';
import { parseCommandLine } from './config/parse.ts';
import { createListener, listen } from './http/listener.ts';
import { createServer, type Millrace } from './millrace.ts';
import { withKeys } from './with-keys.ts';
import { describeLoss, FolderDamaged, LogDamaged } from './storage/embedded/recovery/damage.ts';
import { FolderLocked, FolderUnusable } from './storage/embedded/lock.ts';

/** Storing has failed, or the folder cannot be served. A supervisor should start it anew. */
const EXIT_FAILED = 1;

async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2), process.env, await readVersion());
  if (commandLine.kind === 'print') {
    process.stdout.write(commandLine.text);
    process.exitCode = commandLine.exitCode;
    return;
  }
  if (commandLine.kind === 'keys') {
    await manageKeys(commandLine.command, commandLine.dataDir);
    return;
  }
  const { config } = commandLine;
  await serve({ ...config, jwtPublicKey: await readPublicKey(config.jwtPublicKey) });
}

/** The flag names a file, or is the key itself. */
async function readPublicKey(fileOrPem: string): Promise<string> {
  if (fileOrPem === '' || fileOrPem.startsWith('-----BEGIN')) return fileOrPem;
  try {
    return await readFile(fileOrPem, 'utf8');
  } catch {
    throw new KeyUnusable(`the public key ${fileOrPem} cannot be read`);
  }
}

async function manageKeys(command: KeysCommand, dataDir: string): Promise<void> {
  if (command.kind !== 'create' && !existsSync(dataDir)) {
    fail(`There is no data folder ${dataDir}.`);
    return;
  }
  try {
    const { text, exitCode } = await withKeys(dataDir, (keys) => runKeys(keys, command));
    (exitCode === 0 ? process.stdout : process.stderr).write(text);
    process.exitCode = exitCode;
  } catch (error) {
    if (!(error instanceof FolderLocked)) throw error;
    fail(`${error.message}. Stop the server first, or let it manage its keys: docs/accounts.md.`);
  }
}

async function serve(config: Config): Promise<void> {
  const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const millrace = await createServer({
    ...config,
    logger,
    onFailure: () => {
      // What is acknowledged is on disk; the next start replays it. Nothing here can be trusted.
      setTimeout(() => process.exit(EXIT_FAILED), 50);
    },
  });
  if (millrace.isOpen() && !isLoopback(config.host) && !config.insecureOpen) {
    await millrace.close();
    fail(
      `Anyone who reaches ${config.host} could read and write everything: no credentials are configured.\n` +
        'Configure some (docs/accounts.md says how; `millrace keys create` makes an API key),\n' +
        `listen on ${DEFAULTS.host}, or say --insecure-open if that is what you want.`,
    );
    return;
  }
  const server = createListener(millrace.app, config);
  const port = await listen(server, config.port, config.host);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      stop(server, millrace, config.shutdownTimeoutMs).then(
        () => {
          logger.info('stopped');
          process.exit(0);
        },
        (error: unknown) => {
          logger.fatal({ err: error }, 'stopping failed');
          process.exit(EXIT_FAILED);
        },
      );
    });
  }
  greet(config, port);
}

/** Takes no more connections, lets open requests end, cuts those that do not, stores, lets go. */
async function stop(server: Server, millrace: Millrace, timeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  millrace.endLiveReads();
  // A connection that answers its last request stays open until somebody calls it idle.
  const idle = setInterval(() => {
    server.closeIdleConnections();
  }, 20);
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, timeoutMs);
  await closed;
  clearInterval(idle);
  clearTimeout(deadline);
  await millrace.close();
}

function greet(config: Config, port: number): void {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `http://${host}:${port}`;
  const where = config.memory
    ? 'in memory: nothing survives a stop'
    : `in ${resolve(config.dataDir)}`;
  process.stdout.write(
    `Millrace listens on ${url}\n` +
      `Data is kept ${where}\n\n` +
      `Try it:\n` +
      `  curl -X PUT ${url}/demo/hello -H 'Content-Type: text/plain' -d 'first entry'\n` +
      `  curl -N '${url}/demo/hello?offset=-1&live=sse'\n`,
  );
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = EXIT_FAILED;
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const isPackage = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return isPackage ? String(parsed.version) : 'unknown';
}

/** What somebody can do whose data folder is refused. */
function remedyFor(error: FolderDamaged): string {
  if (!(error instanceof LogDamaged)) {
    return 'Nothing was changed. Restore the folder from a backup; --repair mends the log alone.';
  }
  return (
    'Nothing was changed. Restore the folder from a backup, or start once with --repair, which ' +
    `${describeLoss(error.loss)}.`
  );
}

main().catch((error: unknown) => {
  if (error instanceof KeyUnusable) fail(`Tokens cannot be verified: ${error.message}.`);
  else if (error instanceof FolderLocked || error instanceof FolderUnusable) {
    fail(`${error.message}.`);
  } else if (error instanceof FolderDamaged) {
    fail(
      'The data folder is damaged, and serving it could lose more.\n' +
        `${error.message}\n${remedyFor(error)}`,
    );
  } else fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
});
