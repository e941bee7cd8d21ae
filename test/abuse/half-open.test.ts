import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawConnection, requestBytes } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import { createStream, eventually, metric, shareMillrace } from './support.ts';

const millrace = shareMillrace({ memory: true, sseKeepAliveMs: 100, sseDurationMs: 2000 });
const PATH = '/v1/stream/half-open';

const liveReaders = (): Promise<number> => metric(millrace.port, 'millrace_live_readers');

/** Some machines do not let a program have a network of its own. */
const hasNamespaces = spawnSync('unshare', ['-Urn', 'ip', 'link', 'set', 'lo', 'up']).status === 0;

describe('L2: a connection whose other end is gone', () => {
  it('L2: is heard of while nothing happens, by comments that events are not made of', async () => {
    await createStream(millrace.port, PATH, { body: 'kept' });
    const reader = await SseReader.open(millrace.port, PATH);
    await reader.until(({ comments }) => comments.length >= 3);
    expect(reader.events.map(({ type }) => type)).toEqual(['data', 'control']);
    reader.close();
    await eventually(async () => (await liveReaders()) === 0);
  });

  it('L2: is let go of at once when that end says so, by an end or a reset', async () => {
    const target = `${PATH}?offset=now&live=`;
    for (const mode of ['sse', 'long-poll']) {
      for (const leave of ['close', 'reset', 'endSending'] as const) {
        const connection = await RawConnection.open(millrace.port);
        connection.send(requestBytes({ target: target + mode }));
        await eventually(async () => (await liveReaders()) === 1);
        connection[leave]();
        await eventually(async () => (await liveReaders()) === 0);
        connection.close();
      }
    }
  });

  // In a network of their own, whose only link goes down under the open connections: neither end
  // hears from the other again. The program prints how many connections the server still has.
  it.skipIf(!hasNamespaces)(
    'L2: is given up when the link between both has gone down, live or not',
    { timeout: 60_000 },
    async () => {
      const program = join(import.meta.dirname, 'half-open-network.ts');
      const child = spawn('unshare', ['-Urn', process.execPath, '--import', 'tsx', program], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      const code = await new Promise((resolve) => child.once('exit', resolve));
      expect({ code, output }).toEqual({
        code: 0,
        output: 'connected 12\nlink down\nconnected 0\nlink up\nserves again\n',
      });
    },
  );
});
