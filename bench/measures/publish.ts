import type { Bench, Measure } from '../bench.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import type { Table } from '../table.ts';
import { cpuColumns, maxMs, p50Ms, p99Ms, perSecond } from './columns.ts';

const connections = 100;
const streams = 5;
const subjects = 500;
const bodyBytes = 256;
const batchMessages = 100;

export const publish: Measure = {
  name: 'publish',
  run: async (bench) => [
    await measure(bench, 'publish', 1, {
      title: 'Publishes to managed streams, one message a request',
      how:
        `POST of one message of ${bodyBytes} B to ${streams} managed streams with ${subjects} ` +
        `subjects, ${connections} connections, each sends its next when the last is answered.`,
    }),
  ],
};

export const publishBatch: Measure = {
  name: 'publish-batch',
  run: async (bench) => [
    await measure(bench, 'publish-batch', batchMessages, {
      title: 'Publishes to managed streams, in batches',
      how:
        `The same, ${batchMessages} messages of about ${bodyBytes} B and as many subjects in a ` +
        'request, which is stored whole or not at all. Times are of requests.',
    }),
  ],
};

async function measure(
  bench: Bench,
  comparison: 'publish' | 'publish-batch',
  messages: number,
  text: Pick<Table, 'title' | 'how'>,
): Promise<Table> {
  const { workspace, options } = bench;
  const group = `${comparison}-${bench.runId}`;
  const rows = await interleave(bench, {
    comparison,
    prepare: ({ url }) =>
      runLoad(workspace, 'create-managed', { url, group, count: streams, captures: '' }),
    round: ({ url, pid }) =>
      runLoad(
        workspace,
        'publish',
        {
          ...{ url, group, streams, subjects, messages, connections, seconds: options.seconds },
          'body-bytes': bodyBytes,
          'warmup-ms': options.warmupMs,
        },
        pid,
      ),
  });
  return {
    ...{ id: comparison, ...text },
    columns: [perSecond('messages/s'), p50Ms, p99Ms, maxMs, ...cpuColumns],
    ratios: [{ key: 'rate', to: 'no-op', head: '/ no-op' }],
    rows,
  };
}
