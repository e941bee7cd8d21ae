// JSON messages through the official client's idempotent producers, batch by batch.
import { DurableStream, IdempotentProducer } from '@durable-streams/client';
import { Errors } from './errors.ts';
import { numberedPath } from './paths.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { MeasuredWindow } from './window.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const group = flags.text('group');
const batchMessages = flags.number('batch-messages');
const errors = new Errors();
const window = new MeasuredWindow();
const message = JSON.stringify({ user: 'someone', kind: 'measured', text: 'x'.repeat(60) });
let acknowledged = 0;

window.start(flags.number('warmup-ms'), flags.number('seconds') * 1000);
const producers = Array.from({ length: flags.number('producers') }, (_, i) => produce(i));
await Promise.all(producers);
finish({ rate: acknowledged / window.seconds }, errors);

async function produce(index: number): Promise<void> {
  const stream = new DurableStream({
    url: new URL(numberedPath(group, index), url).href,
    contentType: 'application/json',
  });
  const producer = new IdempotentProducer(stream, `producer-${index}`, {
    onError: (error) => {
      errors.add(`${error.name}: ${error.message}`);
    },
  });
  while (!window.over && errors.count === 0) {
    for (let i = 0; i < batchMessages; i += 1) producer.append(message);
    await producer.flush();
    if (window.measuring) acknowledged += batchMessages;
  }
  await producer.detach();
}
