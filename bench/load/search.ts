// Closed loops of searches, one kind after another: how long each takes. Each request looks for
// something else, spread over all subjects. Between them the stream itself is asked for, which is no
// search: how long an answer takes here without one.
import { Samples } from '../stats.ts';
import { closedLoop } from './closed-loop.ts';
import { openConnections } from './connection.ts';
import { Errors } from './errors.ts';
import { managedName, managedPath } from './managed.ts';
import { endWithParent, finish, Flags, say } from './program.ts';
import { get } from './requests.ts';
import { NO_SEARCH, SEARCHES, searchedSubject, SUBJECTS, type Search } from './searches.ts';

/** Shares no factor with the number of subjects. */
const stride = 3571;

endWithParent();
const flags = new Flags();
const url = flags.url();
const path = managedPath(managedName(flags.text('group'), 0));
const limit = flags.number('limit');
const bodyBytes = flags.number('body-bytes');
const connectionCount = flags.number('connections');
const milliseconds = flags.number('seconds') * 1000;
const startSeqs = [1, flags.number('start-seq')];
const errors = new Errors();
const metrics: Record<string, number> = {};
let asked = 0;

// A first look at everything: what runs for the first time is not what is measured.
for (const search of [NO_SEARCH, ...SEARCHES]) await measure(search, 1, milliseconds / 4);
say('begin');
for (const [place, startSeq] of startSeqs.entries()) {
  for (const search of [NO_SEARCH, ...SEARCHES]) {
    const latencies = await measure(search, startSeq, milliseconds);
    const [p50Ms = NaN, p99Ms = NaN, maxMs = NaN] = latencies.percentiles(0.5, 0.99, 1);
    const rate = latencies.count / (milliseconds / 1000);
    for (const [key, value] of Object.entries({ rate, p50Ms, p99Ms, maxMs })) {
      metrics[`${search.name} ${place} ${key}`] = value;
    }
  }
}
say('end');
finish(metrics, errors);

async function measure(search: Search, startSeq: number, forMs: number): Promise<Samples> {
  const latencies = new Samples();
  const until = performance.now() + forMs;
  await closedLoop(await openConnections(url, connectionCount), {
    errors,
    next: () => {
      if (performance.now() > until || errors.count > 0) return undefined;
      asked += 1;
      const pattern = search.pattern?.(searchedSubject((asked * stride) % SUBJECTS));
      if (pattern === undefined) return get(url, path);
      const query = `search=${encodeURIComponent(pattern)}&limit=${limit}&start_seq=${startSeq}`;
      return get(url, `${path}/search-by-subject?${query}`);
    },
    accept: (answer, latencyMs) => {
      // An answer with fewer results than there are is quick for nothing.
      const bytesMin = search.pattern === undefined ? 0 : limit * bodyBytes;
      if (answer.status !== 200 || answer.bodyBytes < bytesMin) return false;
      latencies.add(latencyMs);
      return true;
    },
  });
  return latencies;
}
