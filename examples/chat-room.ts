// A chat room.
//
//   npx tsx examples/chat-room.ts [room] [name]
//
// Run it in several terminals, and type. The room is a stream of JSON messages: everyone who tails
// it sees the same messages in the same order, and whoever comes later sees them from the start.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import {
  createFetchWithBackoff,
  DurableStream,
  IdempotentProducer,
  type Offset,
} from '@durable-streams/client';

interface Message {
  readonly from: string;
  readonly text: string;
}

const server = process.env['MILLRACE_URL'] ?? 'http://127.0.0.1:4437';
const room = process.argv[2] ?? 'lobby';
const name = process.argv[3] ?? `guest-${process.pid}`;

// Creating a room that is there already changes nothing.
const stream = await DurableStream.create({
  url: `${server}/v1/stream/rooms/${encodeURIComponent(room)}`,
  contentType: 'application/json',
});

/** Prints the messages after the offset until the connection is gone; resolves with the new offset. */
async function tail(from: Offset): Promise<Offset> {
  const connection = await stream.stream<Message>({ offset: from, live: 'sse' });
  return new Promise((resolve) => {
    let offset = from;
    let connected = true;
    connection.subscribeJson((batch) => {
      // What comes after the loss of the connection is read again, by the next one.
      if (!connected) return;
      for (const message of batch.items) console.log(`${message.from}: ${message.text}`);
      offset = batch.offset;
    });
    const lost = () => {
      connected = false;
      resolve(offset);
    };
    // Someone may close the room: what was said last is still to come, and then nothing.
    connection.closed.then(() => {
      if (!connection.streamClosed) lost();
    }, lost);
  });
}

async function listen(): Promise<never> {
  for (let offset: Offset = '-1'; ;) offset = await tail(offset);
}

/** Says each line that is typed, once each, also when the server restarts under it. */
async function speak(): Promise<void> {
  const producer = new IdempotentProducer(stream, `${encodeURIComponent(name)}-${randomUUID()}`, {
    fetch: createFetchWithBackoff(fetch),
    maxInFlight: 1,
    onError: (error) => {
      console.error(error.message);
      process.exit(1);
    },
  });
  for await (const text of createInterface({ input: process.stdin })) {
    producer.append(JSON.stringify({ from: name, text } satisfies Message));
  }
  await producer.flush();
}

await Promise.race([listen(), speak()]);
process.exit(0);
