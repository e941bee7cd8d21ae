// Clients that read a stream from its start to its end, each on a connection of its own.
import { Samples } from '../stats.ts';
import { header, type Answer, type BodySink } from './answer-parser.ts';
import { Connection } from './connection.ts';
import { streamContent } from './content.ts';
import { Errors } from './errors.ts';
import { numberedPath } from './paths.ts';
import { endWithParent, finish, Flags, say } from './program.ts';
import { get } from './requests.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const group = flags.text('group');
const streamCount = flags.number('streams');
const concurrency = flags.number('concurrency');
const checked = flags.text('check') === 'content';
const contents = checked ? Array.from({ length: streamCount }, (_, i) => streamContent(i)) : [];
const errors = new Errors();

await runClients(flags.number('warmup-clients'), new Samples());
const latencies = new Samples();
say('begin');
const startedAt = performance.now();
const bytes = await runClients(flags.number('clients'), latencies);
const seconds = (performance.now() - startedAt) / 1000;
say('end');

const [p50Ms = NaN, p99Ms = NaN] = latencies.percentiles(0.5, 0.99);
const rate = bytes / 1e6 / seconds;
finish({ bytes, seconds, rate, p50Ms, p99Ms }, errors);

async function runClients(count: number, into: Samples): Promise<number> {
  let started = 0;
  let total = 0;
  const worker = async () => {
    while (started < count) {
      const stream = started % streamCount;
      started += 1;
      const clientStartedAt = performance.now();
      const read = await readWhole(stream);
      total += read;
      into.add(performance.now() - clientStartedAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return total;
}

async function readWhole(stream: number): Promise<number> {
  const expected = contents[stream];
  const read = { bytes: 0, different: 0 };
  const sink: BodySink = (part) => {
    const end = read.bytes + part.length;
    if (expected?.subarray(read.bytes, end).equals(part) === false) read.different += 1;
    read.bytes = end;
  };
  const connection = await Connection.open(url);
  let offset: string | undefined = '-1';
  while (offset !== undefined) {
    const path = `${numberedPath(group, stream)}?offset=${offset}`;
    const answer: Answer | undefined = await ask(connection, get(url, path), sink);
    if (answer === undefined) break;
    offset = nextOffset(answer, offset);
  }
  connection.close();
  if (expected !== undefined && (read.different > 0 || read.bytes !== expected.length)) {
    errors.add(`stream ${stream}: ${read.bytes} bytes are not the ${expected.length} appended`);
  }
  return read.bytes;
}

function ask(connection: Connection, request: string, sink: BodySink): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    connection.send(
      request,
      (outcome) => {
        if (outcome instanceof Error) errors.lost(outcome);
        else if (outcome.status !== 200) errors.answer(outcome);
        else {
          resolve(outcome);
          return;
        }
        resolve(undefined);
      },
      sink,
    );
  });
}

function nextOffset(answer: Answer, current: string): string | undefined {
  if (header(answer.head, 'stream-up-to-date') === 'true') return undefined;
  const next = header(answer.head, 'stream-next-offset');
  if (next === undefined || next === current) {
    errors.add(`not up to date, and no way on from offset ${current}`);
    return undefined;
  }
  return next;
}
