import type { Bench, Measure } from '../bench.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import type { Table } from '../table.ts';
import { cpuColumns, p50Ms, p99Ms, perSecond } from './columns.ts';

const streams = 500;
const bodyBytes = 256;

export const appends: Measure = {
  name: 'appends',
  run: async (bench) => [await measure(bench, 100), await measure(bench, 500)],
};

async function measure(bench: Bench, connections: number): Promise<Table> {
  const { workspace, options } = bench;
  const group = `appends-${connections}-${bench.runId}`;
  const rows = await interleave(bench, {
    comparison: 'appends',
    prepare: ({ url }) =>
      runLoad(workspace, 'create', {
        ...{ url, group, count: streams, connections: 50 },
        'content-type': 'application/octet-stream',
      }),
    round: ({ url, pid }) =>
      runLoad(
        workspace,
        'append',
        {
          ...{ url, group, streams, connections, seconds: options.seconds },
          'body-bytes': bodyBytes,
          'warmup-ms': options.warmupMs,
        },
        pid,
      ),
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
