// Creates numbered managed streams. Each captures what begins with its own name, or what it is told.
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { Errors } from './errors.ts';
import { managedName, managedPath } from './managed.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { putJson } from './requests.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const count = flags.number('count');
const group = flags.text('group');
const captures = flags.text('captures');
const errors = new Errors();
let created = 0;

await closedLoop(await openConnections(url, 1), {
  errors,
  next: () => {
    if (created === count) return undefined;
    const name = managedName(group, created);
    created += 1;
    const subject = captures === '' ? `${name}.>` : captures;
    return putJson(url, managedPath(name), Buffer.from(JSON.stringify({ subjects: [subject] })));
  },
  accept: (answer) => answer.status === 200,
});
finish({}, errors);
