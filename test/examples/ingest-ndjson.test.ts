import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DurableStream } from '@durable-streams/client';
import { killableMillrace, temporaryFolder } from '../ecosystem/support.ts';
import { runExample, startRelay } from './support.ts';

describe('examples/ingest-ndjson.ts', () => {
  test('ingests its sample file, and a second run changes nothing', async () => {
    const millrace = await killableMillrace();
    await runExample('ingest-ndjson.ts', millrace.url).success();
    const sample = await readFile(
      join(import.meta.dirname, '../../examples/events.ndjson'),
      'utf8',
    );
    const values = sample
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const stream = ingested(millrace.url, 'events.ndjson');
    expect(await contents(stream)).toEqual(values);

    const before = await stream.head();
    await runExample('ingest-ndjson.ts', millrace.url).success();
    expect(await stream.head()).toEqual(before);
  });

  test('stores every line once when it is killed and run again', async () => {
    const millrace = await killableMillrace();
    const { path, values } = await ndjsonFile();
    const relay = await startRelay(millrace.url, { holdAnswerOfPost: 3 });
    const killed = runExample('ingest-ndjson.ts', relay.url, path);
    await relay.heldAnswer;
    await killed.kill();
    const stream = ingested(millrace.url, 'many lines.ndjson');
    expect(await contents(stream)).toEqual(values.slice(0, 1_500));

    await runExample('ingest-ndjson.ts', millrace.url, path).success();
    expect(await contents(stream)).toEqual(values);
  });

  test('stores every line once when the server is killed under it', async () => {
    const millrace = await killableMillrace();
    const { path, values } = await ndjsonFile();
    const relay = await startRelay(millrace.url, { holdAnswerOfPost: 2 });
    const program = runExample('ingest-ndjson.ts', relay.url, path);
    await relay.heldAnswer;
    await millrace.killAndRestart();
    relay.loseAnswer();
    await program.success();
    expect(await contents(ingested(millrace.url, 'many lines.ndjson'))).toEqual(values);
  });

  test('fails at what is not JSON, and says so', async () => {
    const millrace = await killableMillrace();
    const { path } = await ndjsonFile('{"n":1}\n{"n":\n');
    const program = runExample('ingest-ndjson.ts', millrace.url, path);
    await expect(program.success()).rejects.toThrow(/HTTP Error 400 .*JSON/);
    expect(await contents(ingested(millrace.url, 'many lines.ndjson'))).toEqual([]);
  });
});

/** A file of several batches with what a line can hold; or the given one. */
async function ndjsonFile(text?: string) {
  const path = join(await temporaryFolder(), 'many lines.ndjson');
  const values: unknown[] = Array.from({ length: 2_300 }, (_, n) => ({
    n,
    text: `é\n🌊 ${n % 7}`,
  }));
  values.push([1, [2, 3]], 'text', null);
  await writeFile(path, text ?? `${values.map((value) => JSON.stringify(value)).join('\n')}\n\n`);
  return { path, values };
}

function ingested(millraceUrl: string, fileName: string): DurableStream {
  return new DurableStream({
    url: `${millraceUrl}/v1/stream/ingest/${encodeURIComponent(fileName)}`,
  });
}

async function contents(stream: DurableStream): Promise<unknown[]> {
  return (await stream.stream({ live: false })).json();
}
