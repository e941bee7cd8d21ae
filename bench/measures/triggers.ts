import type { Bench, Measure } from '../bench.ts';
import { whole } from '../format.ts';
import { Load, runLoad, type Metrics } from '../load/run.ts';
import { quiet } from '../system/quiet.ts';
import type { Row, Table } from '../table.ts';
import { startMillrace, type Millrace } from '../targets/millrace.ts';
import { IDLE_TRIGGERS } from '../targets/triggered.ts';
import { appendContest } from './append-contest.ts';
import { cpuColumns, maxMs, p50Ms, p99Ms, perSecond } from './columns.ts';

const bodyBytes = 256;
const liveRate = 1000;
/** A trickle is slow to get code compiled: so many times the warm-up of a load as fast as it goes. */
const liveWarmups = 10;
const patienceMs = 10_000;
const triggerCounts = [1, 100];

/** How fast triggers carry what is there, how soon what arrives, and what they cost at rest. */
export const triggers: Measure = {
  name: 'triggers',
  run: async (bench) => [...(await measure(bench)), await measureIdle(bench)],
};

async function measure(bench: Bench): Promise<Table[]> {
  const { workspace, options, progress } = bench;
  const folder = await workspace.folder();
  const server = await startMillrace(workspace, folder);
  const bulk: Metrics[][] = triggerCounts.map(() => []);
  const live: Metrics[] = [];
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [index, count] of triggerCounts.entries()) {
        progress(`triggers: round ${round + 1}, ${count} in bulk`);
        bulk[index]?.push(await carryBulk(bench, server, count, round));
      }
      await quiet([server.pid]);
      progress(`triggers: round ${round + 1}, live`);
      live.push(await carryLive(bench, server, round));
    }
    await server.stop();
  } finally {
    await server.kill();
    await workspace.removeFolder(folder);
  }
  return [bulkTable(bench, bulk), liveTable(live)];
}

async function carryBulk(
  { workspace, options, runId }: Bench,
  { url, pid }: Millrace,
  count: number,
  round: number,
): Promise<Metrics> {
  const group = `from-${runId}-${count}-${round}`;
  const targets = `to-${runId}-${count}-${round}`;
  for (const each of [group, targets]) {
    await runLoad(workspace, 'create-managed', { url, group: each, count, captures: '' });
  }
  const records = options.routedRecords;
  return await runLoad(
    workspace,
    'route',
    { url, group, targets, triggers: count, records, 'body-bytes': bodyBytes },
    pid,
  );
}

async function carryLive(
  { workspace, options, runId }: Bench,
  { url, pid }: Millrace,
  round: number,
): Promise<Metrics> {
  const source = `live-${runId}-${round}`;
  const target = `carried-${runId}-${round}`;
  for (const group of [source, target]) {
    const created = { url, group, count: 1, connections: 1, 'content-type': 'text/plain' };
    await runLoad(workspace, 'create', created);
  }
  const made = { url, group: source, count: 1, target: `${target}-0` };
  await runLoad(workspace, 'create-triggers', made);
  const counts = {
    'warmup-events': Math.ceil((liveRate * liveWarmups * options.warmupMs) / 1000),
    events: Math.ceil(liveRate * options.seconds),
    'patience-ms': patienceMs,
  };
  const reader = new Load(workspace, 'read-live', {
    ...{ url, stream: `${target}-0`, readers: 1, ...counts },
  });
  const read = reader.result();
  // Both results are waited for last; until then a failure is not unhandled.
  read.catch(() => undefined);
  await reader.said('open');
  const writer = new Load(workspace, 'write-paced', {
    ...{ url, stream: `${source}-0`, rate: liveRate, 'body-bytes': bodyBytes, ...counts },
  });
  const written = writer.result();
  written.catch(() => undefined);
  const shares = await writer.cpuShares(pid, [reader.pid, writer.pid]);
  const patience = setTimeout(() => {
    reader.endInput();
  }, patienceMs);
  try {
    await written;
    return { ...(await read), ...shares };
  } finally {
    clearTimeout(patience);
  }
}

function bulkTable({ options }: Bench, bulk: readonly (readonly Metrics[])[]): Table {
  return {
    id: 'triggers-bulk',
    title: 'Records carried by triggers, in bulk (millrace)',
    how:
      `${whole(options.routedRecords)} records of ${bodyBytes} B that lie in managed streams, each ` +
      'trigger from its own to its own; from the creation of the first trigger to the last record ' +
      'in its target.',
    columns: [perSecond('records/s'), ...cpuColumns],
    ratios: [],
    rows: triggerCounts.map((count, index): Row => {
      return { target: `${count} trigger${count === 1 ? '' : 's'}`, rounds: bulk[index] ?? [] };
    }),
  };
}

function liveTable(rounds: readonly Metrics[]): Table {
  return {
    id: 'triggers-live',
    title: 'Records carried by a trigger, live (millrace)',
    how:
      `${whole(liveRate)} appends/s of ${bodyBytes} B to a durable stream; time from the append being ` +
      'due to its receipt by an SSE reader of the durable stream that the trigger carries to.',
    columns: [
      p50Ms,
      p99Ms,
      maxMs,
      { key: 'undelivered', head: 'undelivered', format: whole },
      ...cpuColumns,
    ],
    ratios: [],
    rows: [{ target: 'millrace', rounds }],
  };
}

async function measureIdle(bench: Bench): Promise<Table> {
  const [streams, connections] = [500, 100];
  const group = `idle-${bench.runId}`;
  const rows = await appendContest(bench, {
    comparison: 'idle-triggers',
    group,
    streams,
    connections,
    bodyBytes,
  });
  return {
    id: 'triggers-idle',
    title: 'Appends beside triggers at rest',
    how:
      `POST of ${bodyBytes} B over ${streams} streams from ${connections} connections, with ` +
      `${whole(IDLE_TRIGGERS)} triggers on other streams, and without.`,
    columns: [perSecond('appends/s'), p50Ms, p99Ms, ...cpuColumns],
    ratios: [{ key: 'rate', to: 'millrace', head: '/ millrace' }],
    rows,
  };
}
