// Fills the stream that is searched: batches over all of its subjects, in an order that is not theirs.
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { Errors } from './errors.ts';
import { batchBody, jsonText, managedName, messagesPath } from './managed.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { post } from './requests.ts';
import { searchedSubject, SUBJECTS } from './searches.ts';

const batchMessages = 500;
/** Shares no factor with the number of subjects, so that every subject's turn comes. */
const stride = 7919;

endWithParent();
const flags = new Flags();
const url = flags.url();
const stream = managedName(flags.text('group'), 0);
const batchCount = Math.ceil(flags.number('messages') / batchMessages);
const bodyBytes = flags.number('body-bytes');
const errors = new Errors();
let sent = 0;

const requests = Array.from({ length: SUBJECTS / batchMessages }, (_, batch) => {
  const messages = Array.from({ length: batchMessages }, (__, i) => {
    const number = ((batch * batchMessages + i) * stride) % SUBJECTS;
    return { subject: searchedSubject(number), body: jsonText(number, bodyBytes) };
  });
  return post(url, messagesPath(stream), 'application/json', batchBody(messages));
});
const startedAt = performance.now();
await closedLoop(await openConnections(url, flags.number('connections')), {
  errors,
  next: () => {
    if (sent === batchCount || errors.count > 0) return undefined;
    sent += 1;
    return requests[(sent - 1) % requests.length];
  },
  accept: (answer) => answer.status === 200,
});
const seconds = (performance.now() - startedAt) / 1000;
finish({ seconds, rate: (batchCount * batchMessages) / seconds }, errors);
