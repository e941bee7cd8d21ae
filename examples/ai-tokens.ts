// A resumable answer from a language model.
//
//   npx tsx examples/ai-tokens.ts          writes an answer and prints it
//   npx tsx examples/ai-tokens.ts <url>    prints an answer that is, or was, being written
//
// The model writes its tokens into a durable stream, and the reader reads them from there. So the
// reader may lose its connection, and the server may restart: each goes on where it was.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createFetchWithBackoff,
  DurableStream,
  IdempotentProducer,
  stream,
  type Offset,
  type StreamResponse,
} from '@durable-streams/client';

const server = process.env['MILLRACE_URL'] ?? 'http://127.0.0.1:4437';
const url = process.argv[2] ?? `${server}/v1/stream/answers/${randomUUID()}`;

const ANSWER = `A millrace is the channel that carries a stream to the wheel. Water that has passed
the wheel is gone, but a durable stream keeps it: every token of this answer has an offset, and a
reader who knows the last offset it saw can come back at any time and ask for what follows.
  So it does not matter that this reader hangs up after every tenth piece.
It is back before you notice, and nothing is lost, and nothing is said twice. 🌊
`;

/** Stands in for a language model. */
async function* model(): AsyncGenerator<string> {
  for (const [token] of ANSWER.matchAll(/\s*\S+\n*/g)) {
    await sleep(30);
    yield token;
  }
}

async function write(answer: DurableStream): Promise<void> {
  // A token that had to be sent twice is stored once: each request has a sequence number. One
  // request at a time, because what repeats them here could change the order of several.
  const producer = new IdempotentProducer(answer, 'model', {
    fetch: createFetchWithBackoff(fetch),
    maxInFlight: 1,
    onError: (error) => {
      console.error(error.message);
      process.exit(1);
    },
  });
  for await (const token of model()) producer.append(token);
  await producer.close();
}

/** Prints what arrives until the connection is gone; resolves with the offset it got to. */
function print(connection: StreamResponse, from: Offset): Promise<Offset> {
  return new Promise((resolve) => {
    let offset = from;
    let chunks = 0;
    let gone = false;
    const leave = () => {
      gone = true;
      connection.cancel();
      resolve(offset);
    };
    connection.subscribeText((chunk) => {
      // What comes after leaving is not lost: the next read begins at the offset before it.
      if (gone) return;
      process.stdout.write(chunk.text);
      offset = chunk.offset;
      if (++chunks === 10) leave();
    });
    connection.closed.then(leave, leave);
  });
}

async function read(): Promise<void> {
  let offset: Offset = '-1';
  for (let closed = false; !closed;) {
    const connection = await stream({ url, offset, live: 'sse' });
    offset = await print(connection, offset);
    closed = connection.streamClosed;
  }
  const rest = await stream({ url, offset, live: false });
  process.stdout.write(await rest.text());
}

if (process.argv[2] === undefined) {
  const answer = await DurableStream.create({ url, contentType: 'text/plain' });
  console.error(`The answer is at ${url}\n`);
  await Promise.all([write(answer), read()]);
} else {
  await read();
}
