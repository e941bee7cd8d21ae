// Creates numbered streams, many at a time.
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { Errors } from './errors.ts';
import { numberedPath } from './paths.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { put } from './requests.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const count = flags.number('count');
const group = flags.text('group');
const credential = flags.optional('credential');
const contentType = flags.text('content-type');
const errors = new Errors();
let created = 0;

const connections = await openConnections(url, Math.min(count, flags.number('connections')));
const startedAt = performance.now();
await closedLoop(connections, {
  errors,
  next: () => {
    if (created === count) return undefined;
    created += 1;
    return put(url, numberedPath(group, created - 1), contentType, credential);
  },
  accept: (answer) => answer.status === 201,
});
const seconds = (performance.now() - startedAt) / 1000;
finish({ seconds, rate: count / seconds }, errors);
