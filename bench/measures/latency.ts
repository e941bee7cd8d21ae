import type { Measure } from '../bench.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import { cpuColumns, p50Ms, p99Ms, perSecond } from './columns.ts';

const bodyBytes = 256;

export const latency: Measure = {
  name: 'latency',
  run: async (bench) => {
    const { workspace, options } = bench;
    const group = `latency-${bench.runId}`;
    const rows = await interleave(bench, {
      comparison: 'latency',
      prepare: ({ url }) =>
        runLoad(workspace, 'create', {
          ...{ url, group, count: 1, connections: 1 },
          'content-type': 'application/octet-stream',
        }),
      round: ({ url, pid }) =>
        runLoad(
          workspace,
          'append',
          {
            ...{ url, group, streams: 1, connections: 1, seconds: options.seconds / 2 },
            'body-bytes': bodyBytes,
            'warmup-ms': options.warmupMs,
          },
          pid,
        ),
    });
    return [
      {
        id: 'latency',
        title: 'Append latency, one connection',
        how: `POST of ${bodyBytes} B to one stream, one at a time.`,
        columns: [p50Ms, p99Ms, perSecond('appends/s'), ...cpuColumns],
        ratios: [
          { key: 'p50Ms', to: 'no-op', head: 'p50 / no-op' },
          { key: 'p50Ms', to: 'reference', head: 'p50 / reference' },
        ],
        rows,
      },
    ];
  },
};
