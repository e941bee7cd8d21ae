// Closed loop of publishes: how many messages are acknowledged, and how long a request takes.
import { Samples } from '../stats.ts';
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { Errors } from './errors.ts';
import { batchBody, jsonText, managedName, messagesPath, oneBody } from './managed.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { post } from './requests.ts';
import { MeasuredWindow } from './window.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const group = flags.text('group');
const streamCount = flags.number('streams');
const subjectCount = flags.number('subjects');
const bodyBytes = flags.number('body-bytes');
const connectionCount = flags.number('connections');
/** Messages in a request; 1: published one by one, not as batches of one. */
const perRequest = flags.number('messages');
// The status of a ceiling, and Millrace's.
const accepted = new Set([204, 200]);

const outgoing = (subject: number) => ({
  stream: managedName(group, subject % streamCount),
  subject: `${managedName(group, subject % streamCount)}.subject.${subject}`,
  body: jsonText(subject, bodyBytes),
});
const requestOf = (turn: number): Buffer => {
  const first = outgoing(turn % subjectCount);
  if (perRequest === 1) {
    return post(url, messagesPath(first.stream), 'application/json', oneBody(first.stream, first));
  }
  // All of a stream's own subjects, from this one on.
  const messages = Array.from({ length: perRequest }, (_, i) =>
    outgoing((turn + i * streamCount) % subjectCount),
  );
  return post(url, messagesPath(first.stream), 'application/json', batchBody(messages));
};
const requests = Array.from({ length: subjectCount }, (_, turn) => requestOf(turn));
// Every connection walks its own share of the requests.
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
    const turn = turns[connection] ?? 0;
    turns[connection] = (turn + connectionCount) % subjectCount;
    return requests[turn];
  },
  accept: (answer, latencyMs) => {
    if (!accepted.has(answer.status)) return false;
    if (window.measuring) latencies.add(latencyMs);
    return true;
  },
});

const [p50Ms = NaN, p99Ms = NaN, maxMs = NaN] = latencies.percentiles(0.5, 0.99, 1);
finish({ rate: (latencies.count * perRequest) / window.seconds, p50Ms, p99Ms, maxMs }, errors);
