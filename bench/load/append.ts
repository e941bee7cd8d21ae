// Closed loop of appends: how many are acknowledged, and how long each takes.
import { Samples } from '../stats.ts';
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { seededBytes } from './content.ts';
import { Errors } from './errors.ts';
import { numberedPath } from './paths.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { post } from './requests.ts';
import { MeasuredWindow } from './window.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const connectionCount = flags.number('connections');
const streamCount = flags.number('streams');
const group = flags.text('group');
const credential = flags.optional('credential');

const requests = Array.from({ length: streamCount }, (_, stream) => {
  const body = seededBytes(stream, flags.number('body-bytes'));
  return post(url, numberedPath(group, stream), 'application/octet-stream', body, credential);
});
// Every connection walks its own share of the streams, so that no stream has two writers.
const turns = Array.from({ length: connectionCount }, (_, connection) => connection);
const latencies = new Samples();
const errors = new Errors();
const window = new MeasuredWindow();

const connections = await openConnections(url, connectionCount);
window.start(flags.number('warmup-ms'), flags.number('seconds') * 1000);
await closedLoop(connections, {
  errors,
  next: (connection) => {
    if (window.over) return undefined;
    const stream = turns[connection] ?? 0;
    turns[connection] = (stream + connectionCount) % streamCount;
    return requests[stream];
  },
  accept: (answer, latencyMs) => {
    if (answer.status !== 204) return false;
    if (window.measuring) latencies.add(latencyMs);
    return true;
  },
});

const [p50Ms = NaN, p99Ms = NaN] = latencies.percentiles(0.5, 0.99);
finish({ rate: latencies.count / window.seconds, p50Ms, p99Ms }, errors);
