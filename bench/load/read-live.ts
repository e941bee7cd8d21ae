// Many SSE readers of one stream: how long after its time each event reaches each of them.
import { Samples } from '../stats.ts';
import { Errors } from './errors.ts';
import { LiveReader } from './live-reader.ts';
import { streamPath } from './paths.ts';
import { endWithParent, finish, Flags, say } from './program.ts';

const flags = new Flags();
const url = flags.url();
const path = `${streamPath(flags.text('stream'))}?offset=now&live=sse`;
const readerCount = flags.number('readers');
const warmupEvents = flags.number('warmup-events');
const eventsWanted = warmupEvents + flags.number('events');
const patienceMs = flags.number('patience-ms');
const latencies = new Samples();
const errors = new Errors();
const received = new Int32Array(readerCount);
const readers: LiveReader[] = [];
let complete = 0;
let over = false;

endWithParent(() => {
  conclude();
});
// Opened a few at a time, so that no connection waits in a full listen queue.
for (let first = 0; first < readerCount; first += 50) {
  const batch = Math.min(50, readerCount - first);
  await Promise.all(Array.from({ length: batch }, (_, i) => openReader(first + i)));
}
say('open');

function openReader(index: number): Promise<void> {
  return new Promise((resolve) => {
    const reader = new LiveReader(url, path, {
      opened: resolve,
      received: (latencyMs) => {
        count(index, latencyMs);
      },
      failed: (reason) => {
        errors.add(`reader ${index}: ${reason}`);
        resolve();
      },
    });
    readers.push(reader);
  });
}

function count(index: number, latencyMs: number): void {
  const events = (received[index] ?? 0) + 1;
  received[index] = events;
  if (events > warmupEvents) latencies.add(latencyMs);
  if (events > eventsWanted) errors.add(`reader ${index}: more events than were written`);
  if (events !== eventsWanted) return;
  complete += 1;
  // A moment longer, so that a repeated event would still be seen.
  if (complete === readerCount) setTimeout(conclude, 100);
}

function conclude(): void {
  if (over) return;
  over = true;
  for (const reader of readers) reader.close();
  const deliveries = latencies.count;
  let undelivered = 0;
  for (const events of received) undelivered += eventsWanted - Math.max(events, warmupEvents);
  // Their latency is at least this; leaving them out would flatter the server that lost them.
  for (let i = 0; i < undelivered; i += 1) latencies.add(patienceMs);
  const [p50Ms = NaN, p99Ms = NaN, maxMs = NaN] = latencies.percentiles(0.5, 0.99, 1);
  finish({ deliveries, undelivered, p50Ms, p99Ms, maxMs }, errors);
}
