// One writer at a fixed pace, whatever the answers: a server that holds up the writer gets its
// events no later due for it, and each is timed from when it was due.
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedNowMs } from './clock.ts';
import { openConnections, type Connection } from './connection.ts';
import { Errors } from './errors.ts';
import { eventBody } from './fan-out-event.ts';
import { streamPath } from './paths.ts';
import { endWithParent, finish, Flags, say } from './program.ts';
import { post } from './requests.ts';

const flags = new Flags();
const url = flags.url();
const path = streamPath(flags.text('stream'));
const warmupEvents = flags.number('warmup-events');
const events = warmupEvents + flags.number('events');
const intervalMs = 1000 / flags.number('rate');
const bodyBytes = flags.number('body-bytes');
const errors = new Errors();
// Several, so that one slow answer does not keep the next event from being sent.
const idle = await openConnections(url, 8);
const queued: Buffer[] = [];
let unacknowledged = events;

endWithParent(conclude);
const startedAt = sharedNowMs();
for (let event = 0; event < events; event += 1) {
  const waitMs = startedAt + event * intervalMs - sharedNowMs();
  if (waitMs > 0) await sleep(waitMs);
  if (event === warmupEvents) say('begin');
  // A timer fires up to a millisecond late; that is the generator's lateness, not the server's.
  queued.push(eventBody(sharedNowMs(), bodyBytes));
  sendQueued();
}
say('end');
if (unacknowledged > 0) setTimeout(conclude, flags.number('patience-ms'));

function sendQueued(): void {
  while (queued.length > 0 && idle.length > 0) {
    const [body, connection] = [queued.shift(), idle.shift()];
    if (body !== undefined && connection !== undefined) send(connection, body);
  }
}

function send(connection: Connection, body: Buffer): void {
  connection.send(post(url, path, 'text/plain', body), (outcome) => {
    if (outcome instanceof Error) {
      errors.lost(outcome);
      return;
    }
    if (outcome.status !== 204) errors.answer(outcome);
    idle.push(connection);
    unacknowledged -= 1;
    if (unacknowledged === 0) conclude();
    else sendQueued();
  });
}

function conclude(): void {
  finish({ unacknowledged }, errors);
}
