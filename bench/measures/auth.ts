import type { Measure } from '../bench.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import { cpuColumns, p50Ms, p99Ms, perSecond } from './columns.ts';

const streams = 500;
const connections = 100;
const bodyBytes = 256;

export const auth: Measure = {
  name: 'auth',
  run: async (bench) => {
    const { workspace, options } = bench;
    const group = `auth-${bench.runId}`;
    const rows = await interleave(bench, {
      comparison: 'auth',
      prepare: ({ url, credential = '' }) =>
        runLoad(workspace, 'create', {
          ...{ url, group, credential, count: streams, connections: 50 },
          'content-type': 'application/octet-stream',
        }),
      round: ({ url, pid, credential = '' }) =>
        runLoad(
          workspace,
          'append',
          {
            ...{ url, group, credential, streams, connections, seconds: options.seconds },
            'body-bytes': bodyBytes,
            'warmup-ms': options.warmupMs,
          },
          pid,
        ),
    });
    return [
      {
        id: 'auth',
        title: 'Appends with and without credentials',
        how:
          `POST of ${bodyBytes} B over ${streams} streams from ${connections} connections, each ` +
          'request with the same credential.',
        columns: [perSecond('appends/s'), p50Ms, p99Ms, ...cpuColumns],
        ratios: [{ key: 'rate', to: 'millrace', head: '/ millrace' }],
        rows,
      },
    ];
  },
};
