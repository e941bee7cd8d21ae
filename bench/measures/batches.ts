import type { Measure } from '../bench.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import type { Running } from '../targets/target.ts';
import { cpuColumns, perSecond } from './columns.ts';

const producers = 4;
const batchMessages = 500;

export const batches: Measure = {
  name: 'batches',
  run: async (bench) => {
    const { workspace, options } = bench;
    // Sequence numbers of a producer begin anew in each round, so each round has its own streams.
    const groupOf = (round: number) => `batches-${bench.runId}-${round}`;
    const createStreams = ({ url }: Running, round: number) =>
      runLoad(workspace, 'create', {
        ...{ url, group: groupOf(round), count: producers, connections: 1 },
        'content-type': 'application/json',
      });
    const rows = await interleave(bench, {
      comparison: 'batches',
      prepare: async (running) => {
        for (let round = 0; round < options.rounds; round += 1) await createStreams(running, round);
      },
      round: ({ url, pid }, round) =>
        runLoad(
          workspace,
          'produce',
          {
            ...{ url, group: groupOf(round), producers, seconds: options.seconds },
            'batch-messages': batchMessages,
            'warmup-ms': options.warmupMs,
          },
          pid,
        ),
    });
    return [
      {
        id: 'batches',
        title: 'JSON batches through the official client',
        how:
          `${producers} idempotent producers in one process, each on its own stream; batches of ` +
          `${batchMessages} messages of about 100 B, the next when the last is acknowledged.`,
        columns: [perSecond('messages/s'), ...cpuColumns],
        ratios: [
          { key: 'rate', to: 'no-op-body', head: '/ no-op-body' },
          { key: 'rate', to: 'reference', head: '/ reference' },
        ],
        rows,
      },
    ];
  },
};
