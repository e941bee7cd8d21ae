import type { Bench } from '../bench.ts';
import { runLoad } from '../load/run.ts';
import { interleave } from '../rounds.ts';
import type { Row } from '../table.ts';
import type { Comparison } from '../targets/target.ts';

export interface AppendContest {
  readonly comparison: Comparison;
  readonly group: string;
  readonly streams: number;
  readonly connections: number;
  readonly bodyBytes: number;
}

/** Appends over many streams from many connections, on each target that takes part. */
export function appendContest(bench: Bench, contest: AppendContest): Promise<Row[]> {
  const { workspace, options } = bench;
  const { comparison, group, streams, connections, bodyBytes } = contest;
  return interleave(bench, {
    comparison,
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
}
