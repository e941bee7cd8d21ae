// Appends of mixed sizes until so many bytes are acknowledged. The size of the log's files would not
// do: a server may set space aside before it writes.
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { seededBytes } from './content.ts';
import { Errors } from './errors.ts';
import { numberedPath } from './paths.ts';
import { endWithParent, finish, Flags } from './program.ts';
import { post } from './requests.ts';

// Seven, because that shares no factor with connections or streams: every stream gets every size.
const bodySizes = [256, 512, 768, 1024, 1536, 2048, 4096];

endWithParent();
const flags = new Flags();
const url = flags.url();
const streamCount = flags.number('streams');
const group = flags.text('group');
const bytesWanted = flags.number('bytes');
const errors = new Errors();
const sent = Array.from({ length: flags.number('connections') }, (_, connection) => connection);
const sizes = sent.map(() => 0);
let appends = 0;
let bytes = 0;

const requests = Array.from({ length: streamCount }, (_, stream) =>
  bodySizes.map((size, i) => {
    const body = seededBytes(stream * bodySizes.length + i, size);
    return post(url, numberedPath(group, stream), 'application/octet-stream', body);
  }),
);
const connections = await openConnections(url, sent.length);
const startedAt = performance.now();
await closedLoop(connections, {
  errors,
  next: (connection) => {
    if (bytes >= bytesWanted || errors.count > 0) return undefined;
    const turn = sent[connection] ?? 0;
    sent[connection] = turn + sent.length;
    const size = turn % bodySizes.length;
    sizes[connection] = bodySizes[size] ?? 0;
    return requests[turn % streamCount]?.[size];
  },
  accept: (answer, _latencyMs, connection) => {
    if (answer.status !== 204) return false;
    appends += 1;
    bytes += sizes[connection] ?? 0;
    return true;
  },
});
finish({ appends, bytes, seconds: (performance.now() - startedAt) / 1000 }, errors);
