import type { Bench, Measure } from '../bench.ts';
import { Load, runLoad, type Metrics } from '../load/run.ts';
import { whole } from '../format.ts';
import { interleave } from '../rounds.ts';
import type { Running, Target } from '../targets/target.ts';
import { cpuColumns, maxMs, p50Ms, p99Ms } from './columns.ts';

const eventsPerSecond = 50;
const bodyBytes = 256;
// Servers may end an SSE answer after about a minute.
const secondsMax = 40;
const patienceMs = 10_000;

export const fanOut: Measure = {
  name: 'fan-out',
  run: async (bench) => {
    const { options } = bench;
    const rows = await interleave(bench, {
      comparison: 'fan-out',
      prepare: () => Promise.resolve(),
      round: (running, round, target) => deliver(bench, running, round, target),
    });
    return [
      {
        id: 'fan-out',
        title: `Fan-out to ${options.sseReaders} SSE readers`,
        how:
          `One writer, ${eventsPerSecond} events/s of ${bodyBytes} B to one stream; time from the ` +
          `append being due to its receipt, over all readers; what is missing ${patienceMs / 1000} s ` +
          'after the last event counts as that long.',
        columns: [
          p50Ms,
          p99Ms,
          maxMs,
          { key: 'deliveries', head: 'deliveries', format: whole },
          { key: 'undelivered', head: 'undelivered', format: whole },
          ...cpuColumns,
        ],
        ratios: [
          { key: 'p99Ms', to: 'bare-fan-out', head: 'p99 / bare' },
          { key: 'p99Ms', to: 'reference', head: 'p99 / reference' },
        ],
        rows,
      },
    ];
  },
};

async function deliver(
  bench: Bench,
  { url, pid }: Running,
  round: number,
  target: Target,
): Promise<Metrics> {
  const { workspace, options } = bench;
  // A new stream each round: what the last round left in it would slow down some servers.
  const group = `fan-out-${bench.runId}-${round}`;
  const stream = `${group}-0`;
  if (!target.ceiling) {
    await runLoad(workspace, 'create', {
      ...{ url, group, count: 1, connections: 1, 'content-type': 'text/plain' },
    });
  }
  const counts = {
    'warmup-events': Math.ceil((eventsPerSecond * options.warmupMs) / 1000),
    events: Math.ceil(eventsPerSecond * Math.min(options.seconds, secondsMax)),
  };
  const load = { url, stream, 'patience-ms': patienceMs, ...counts };
  const readers = new Load(workspace, 'read-live', { ...load, readers: options.sseReaders });
  const result = readers.result();
  // Both results are waited for last; until then a failure is not unhandled.
  result.catch(() => undefined);
  await readers.said('open');
  const writer = new Load(workspace, 'write-paced', {
    ...{ ...load, rate: eventsPerSecond, 'body-bytes': bodyBytes },
  });
  const written = writer.result();
  written.catch(() => undefined);
  const shares = await writer.cpuShares(pid, [readers.pid, writer.pid]);
  const patience = setTimeout(() => {
    readers.endInput();
  }, patienceMs);
  try {
    await written;
    return { ...(await result), ...shares };
  } finally {
    clearTimeout(patience);
  }
}
