import type { Bench, Measure } from '../bench.ts';
import { short, whole } from '../format.ts';
import { runLoad, type Metrics } from '../load/run.ts';
import { NO_SEARCH, SEARCHES, SUBJECTS } from '../load/searches.ts';
import { quiet } from '../system/quiet.ts';
import type { Row, Table } from '../table.ts';
import { startMillrace, type Millrace } from '../targets/millrace.ts';
import { maxMs, p50Ms, p99Ms, perSecond } from './columns.ts';

const bodyBytes = 256;
const limit = 10;
const connectionCounts = [1, 8];
/** Of one kind of search in a round: a share of the time that a target has elsewhere. */
const share = 1 / 6;
const tidyUpMs = 60_000;

export const search: Measure = {
  name: 'search',
  run: async (bench) => {
    const folder = await bench.workspace.folder();
    try {
      return await measure(bench, folder);
    } finally {
      await bench.workspace.removeFolder(folder);
    }
  },
};

async function measure(bench: Bench, folder: string): Promise<Table[]> {
  const { workspace, options } = bench;
  const group = `search-${bench.runId}`;
  const server = await startMillrace(workspace, folder);
  try {
    bench.progress(`search: filling a stream with ${whole(options.searchMessages)} messages`);
    const { url } = server;
    await runLoad(workspace, 'create-managed', { url, group, count: 1, captures: '*.*.*' });
    const filled = await runLoad(workspace, 'fill-messages', {
      ...{ url, group, messages: options.searchMessages, connections: 16 },
      'body-bytes': bodyBytes,
    });
    const rounds = await searchRounds(bench, server, group);
    await server.stop();
    return connectionCounts.map((connections, index) =>
      tableOf(bench, connections, filled, rounds[index] ?? []),
    );
  } finally {
    await server.kill();
  }
}

/** For each number of connections, the figures of its rounds. */
async function searchRounds(
  { workspace, options, progress }: Bench,
  { url, pid }: Millrace,
  group: string,
): Promise<Metrics[][]> {
  const figures: Metrics[][] = connectionCounts.map(() => []);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [index, connections] of connectionCounts.entries()) {
      await quiet([pid], tidyUpMs);
      progress(`search: round ${round + 1}, ${connections} connections`);
      const metrics = await runLoad(
        workspace,
        'search',
        {
          ...{ url, group, connections, limit, seconds: options.seconds * share },
          'body-bytes': bodyBytes,
          'start-seq': Math.floor(options.searchMessages / 2),
        },
        pid,
      );
      figures[index]?.push(metrics);
    }
  }
  return figures;
}

function tableOf(
  { options }: Bench,
  connections: number,
  filled: Metrics,
  rounds: readonly Metrics[],
): Table {
  return {
    id: `search-${connections}`,
    title: `Search by subject, ${connections} at a time (millrace)`,
    how:
      `The first ${limit} results in a stream of ${whole(options.searchMessages)} messages of ` +
      `${bodyBytes} B over ${whole(SUBJECTS)} subjects, from its beginning and from its middle; ` +
      'each search looks for something else; "no search" asks for the stream. The patterns match 1, 40, 5 and 250 subjects. ' +
      `Filled with ${whole(filled['rate'] ?? NaN)} messages/s in ${short(filled['seconds'] ?? NaN)} s.`,
    columns: [p99Ms, p50Ms, maxMs, perSecond('searches/s')],
    ratios: [],
    rows: ['', ', from the middle'].flatMap((suffix, place) =>
      [NO_SEARCH, ...SEARCHES].map(({ name }): Row => {
        return { target: name + suffix, rounds: rounds.map((all) => figuresOf(all, name, place)) };
      }),
    ),
  };
}

function figuresOf(all: Metrics, name: string, place: number): Metrics {
  const start = `${name} ${place} `;
  const own = Object.entries(all).filter(([key]) => key.startsWith(start));
  const { otherCpu = NaN } = all;
  return {
    ...Object.fromEntries(own.map(([key, value]) => [key.slice(start.length), value])),
    otherCpu,
  };
}
