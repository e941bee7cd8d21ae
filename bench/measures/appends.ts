import type { Bench, Measure } from '../bench.ts';
import type { Table } from '../table.ts';
import { appendContest } from './append-contest.ts';
import { cpuColumns, p50Ms, p99Ms, perSecond } from './columns.ts';

const streams = 500;
const bodyBytes = 256;

export const appends: Measure = {
  name: 'appends',
  run: async (bench) => [await measure(bench, 100), await measure(bench, 500)],
};

async function measure(bench: Bench, connections: number): Promise<Table> {
  const group = `appends-${connections}-${bench.runId}`;
  const rows = await appendContest(bench, {
    comparison: 'appends',
    group,
    streams,
    connections,
    bodyBytes,
  });
  return {
    id: `appends-${connections}`,
    title: `Appends, ${connections} connections`,
    how:
      `POST of ${bodyBytes} B over ${streams} streams, each connection sends its next when the ` +
      'last is answered 204.',
    columns: [perSecond('appends/s'), p50Ms, p99Ms, ...cpuColumns],
    ratios: [
      { key: 'rate', to: 'no-op', head: '/ no-op' },
      { key: 'rate', to: 'reference', head: '/ reference' },
    ],
    rows,
  };
}
