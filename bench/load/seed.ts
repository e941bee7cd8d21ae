// Fills the catch-up streams record by record, each with the content its readers will expect.
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { recordBytes, recordsPerStream, streamContent } from './content.ts';
import { Errors } from './errors.ts';
import { numberedPath } from './paths.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { post } from './requests.ts';

endWithParent();
const flags = new Flags();
const url = flags.url();
const group = flags.text('group');
const contents = Array.from({ length: flags.number('streams') }, (_, stream) =>
  streamContent(stream),
);
const appended = contents.map(() => 0);
const errors = new Errors();

const connections = await openConnections(url, contents.length);
await closedLoop(connections, {
  errors,
  next: (stream) => {
    const record = appended[stream] ?? 0;
    if (record === recordsPerStream) return undefined;
    appended[stream] = record + 1;
    const from = record * recordBytes;
    const body = contents[stream]?.subarray(from, from + recordBytes) ?? Buffer.alloc(0);
    return post(url, numberedPath(group, stream), 'application/octet-stream', body);
  },
  accept: (answer) => answer.status === 204,
});
finish({}, errors);
