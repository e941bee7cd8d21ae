// Fills managed streams, and then has triggers carry all of it: from the first trigger's creation to
// the last record in its target.
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { Errors } from './errors.ts';
import { batchBody, jsonText, managedName, managedPath, messagesPath } from './managed.ts';
import { endWithParent, finish, Flags, say } from './program.ts';
import { post } from './requests.ts';
import { makeTrigger } from './triggers.ts';

const batchMessages = 500;
const pauseMs = 10;

endWithParent();
const flags = new Flags();
const url = flags.url();
const sources = flags.text('group');
const targets = flags.text('targets');
const triggers = flags.number('triggers');
const perTrigger = Math.ceil(flags.number('records') / triggers / batchMessages) * batchMessages;
const bodyBytes = flags.number('body-bytes');
const errors = new Errors();

await fill();
say('begin');
const startedAt = performance.now();
for (let number = 0; number < triggers; number += 1) {
  const [source, target] = [managedName(sources, number), managedName(targets, number)];
  const made = {
    name: source,
    source: `${source}.>`,
    target: `${target}.>`,
    start: 'all',
  } as const;
  await makeTrigger(url, made, errors);
}
for (let number = 0; number < triggers && errors.count === 0; number += 1) {
  while ((await messagesIn(managedName(targets, number))) < perTrigger) await sleep(pauseMs);
}
const seconds = (performance.now() - startedAt) / 1000;
say('end');
finish({ rate: (perTrigger * triggers) / seconds, seconds }, errors);

async function fill(): Promise<void> {
  const requests = Array.from({ length: triggers }, (_, number) => {
    const stream = managedName(sources, number);
    const messages = Array.from({ length: batchMessages }, (__, i) => {
      return { subject: `${stream}.s${i}`, body: jsonText(i, bodyBytes) };
    });
    return post(url, messagesPath(stream), 'application/json', batchBody(messages));
  });
  const batches = (perTrigger / batchMessages) * triggers;
  let sent = 0;
  await closedLoop(await openConnections(url, Math.min(16, triggers)), {
    errors,
    next: () => {
      if (sent === batches || errors.count > 0) return undefined;
      sent += 1;
      return requests[(sent - 1) % triggers];
    },
    accept: (answer) => answer.status === 200,
  });
}

async function messagesIn(stream: string): Promise<number> {
  const answer = await fetch(new URL(managedPath(stream), url));
  const found: unknown = await answer.json();
  return Number(/"messages":(\d+)/.exec(JSON.stringify(found))?.[1] ?? NaN);
}
