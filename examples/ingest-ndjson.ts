// A file of newline-delimited JSON, ingested so that each line is in the stream exactly once.
//
//   npx tsx examples/ingest-ndjson.ts [file]
//
// Stop it at any moment, with Ctrl-C or kill -9, and run it again: what was already stored is
// recognised and skipped by the server, and the rest is added. Restart the server meanwhile: same.
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFetchWithBackoff, DurableStream, IdempotentProducer } from '@durable-streams/client';

const LINES_PER_BATCH = 500;

const server = process.env['MILLRACE_URL'] ?? 'http://127.0.0.1:4437';
const path = process.argv[2] ?? fileURLToPath(new URL('events.ndjson', import.meta.url));
const name = encodeURIComponent(basename(path));

async function* batches(): AsyncGenerator<string[]> {
  const file = await open(path);
  let batch: string[] = [];
  for await (const line of file.readLines()) {
    if (line.trim() === '') continue;
    batch.push(line);
    if (batch.length < LINES_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const stream = await DurableStream.create({
  url: `${server}/v1/stream/ingest/${name}`,
  contentType: 'application/json',
});

// The id names the job, not the process, and a batch's sequence number is its place in the file. So
// a second run sends the same batches under the same numbers, and the server knows which it has.
// That holds as long as the file does: a changed file is another job and needs another id.
const producer = new IdempotentProducer(stream, `ingest-${name}`, {
  epoch: 0,
  fetch: createFetchWithBackoff(fetch),
  maxInFlight: 1,
  onError: (error) => {
    console.error(error.message);
    process.exit(1);
  },
});

let lines = 0;
for await (const batch of batches()) {
  // Appended in one go and flushed, so that the same lines always share a request.
  for (const line of batch) producer.append(line);
  await producer.flush();
  lines += batch.length;
  console.log(`${lines} lines are safe`);
}
console.log(`${basename(path)} is in ${stream.url}`);
