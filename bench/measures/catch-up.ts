import type { Measure } from '../bench.ts';
import { recordBytes, recordsPerStream } from '../load/content.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import { cpuColumns, p50Ms, p99Ms, perSecond } from './columns.ts';

const streams = 20;
const concurrency = 50;

export const catchUp: Measure = {
  name: 'catch-up',
  run: async (bench) => {
    const { workspace, options } = bench;
    const group = `catch-up-${bench.runId}`;
    const rows = await interleave(bench, {
      comparison: 'catch-up',
      prepare: async ({ url }) => {
        await runLoad(workspace, 'create', {
          ...{ url, group, count: streams, connections: streams },
          'content-type': 'application/octet-stream',
        });
        await runLoad(workspace, 'seed', { url, group, streams });
      },
      round: ({ url, pid }) =>
        runLoad(
          workspace,
          'catch-up',
          {
            ...{ url, group, streams, concurrency, check: 'content' },
            clients: options.catchUpClients,
            'warmup-clients': options.catchUpClients / 2,
          },
          pid,
        ),
    });
    return [
      {
        id: 'catch-up',
        title: `Catch-up of ${options.catchUpClients} clients`,
        how:
          `${streams} streams of ${recordsPerStream} records of ${recordBytes} B; each client ` +
          'connects, reads from offset -1 to up to date, and checks every byte; ' +
          `${concurrency} clients at a time.`,
        columns: [perSecond('MB/s'), p50Ms, p99Ms, ...cpuColumns],
        ratios: [
          { key: 'rate', to: 'bare-catch-up', head: '/ bare' },
          { key: 'rate', to: 'reference', head: '/ reference' },
        ],
        rows,
      },
    ];
  },
};
