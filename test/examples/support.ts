import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createServer, request as send } from 'node:http';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { inbox } from '../ecosystem/support.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';

const ROOT = resolve(import.meta.dirname, '../..');

/** A program of `examples/`, running as a process of its own. */
export function runExample(program: string, millraceUrl: string, ...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', join('examples', program), ...args], {
    cwd: ROOT,
    env: { ...process.env, MILLRACE_URL: millraceUrl },
    stdio: 'pipe',
  });
  const exited = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const stderr = collect(child.stderr);
  return {
    stdout: collect(child.stdout),
    stderr,
    type: (line: string) => child.stdin.write(`${line}\n`),
    hangUp: () => child.stdin.end(),
    kill,
    /** Resolves once the program has ended by itself and well. */
    success: async () => {
      await exited;
      if (child.exitCode !== 0) {
        throw new Error(
          `${program} ended with ${child.exitCode ?? child.signalCode}:\n${stderr.text()}`,
        );
      }
    },
  };
}

/** What a program prints, and a way to await more of it. */
function collect(source: NodeJS.ReadableStream) {
  const printed = inbox<string>();
  source.setEncoding('utf8');
  source.on('data', (text: string) => {
    printed.add(text);
  });
  source.on('end', () => {
    printed.fail(new Error(`the program ended after printing:\n${printed.items.join('')}`));
  });
  return {
    text: () => printed.items.join(''),
    until: (holds: (text: string) => boolean) => printed.until((texts) => holds(texts.join(''))),
  };
}

/**
 * Stands between a program and the server, and keeps the server's answer to one POST back: the
 * moment when an append is stored and its writer does not know it.
 */
export async function startRelay(
  target: string,
  { holdAnswerOfPost }: { holdAnswerOfPost: number },
) {
  let posts = 0;
  const held: ServerResponse[] = [];
  let arrive: () => void = () => undefined;
  const heldAnswer = new Promise<void>((resolveHeld) => {
    arrive = resolveHeld;
  });

  const relay = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const isHeld = incoming.method === 'POST' && ++posts === holdAnswerOfPost;
    const { method, headers } = incoming;
    const onward = send(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
      answer.on('error', () => outgoing.destroy());
      if (isHeld) {
        answer.resume();
        held.push(outgoing);
        answer.on('end', arrive);
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };

  const server = createServer(relay).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return {
    url: `http://127.0.0.1:${address.port}`,
    heldAnswer,
    /** Loses the answer that is kept back. */
    loseAnswer: () => {
      for (const outgoing of held) outgoing.destroy();
    },
  };
}
