import type { Measure } from '../bench.ts';
import { appendContest } from './append-contest.ts';
import { cpuColumns, p50Ms, p99Ms, perSecond } from './columns.ts';

const streams = 500;
const connections = 100;
const bodyBytes = 256;

export const auth: Measure = {
  name: 'auth',
  run: async (bench) => {
    const group = `auth-${bench.runId}`;
    const rows = await appendContest(bench, {
      comparison: 'auth',
      group,
      streams,
      connections,
      bodyBytes,
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
