import { join } from 'node:path';
import type { Bench, Measure } from '../bench.ts';
import { mebibytes, short, whole } from '../format.ts';
import { runLoad, type Metrics } from '../load/run.ts';
import { folderBytes } from '../system/folder-size.ts';
import { residentMemory } from '../system/proc.ts';
import type { Table } from '../table.ts';
import { startMillrace } from '../targets/millrace.ts';

const streams = 500;
const group = 'replay';
// Nothing may be checkpointed: the whole log has to be replayed.
const flags = [
  ...['--checkpoint-interval-ms', '3600000', '--checkpoint-bytes', String(2 ** 32)],
  ...['--unflushed-bytes-max', String(2 ** 34)],
];

export const replay: Measure = {
  name: 'replay',
  run: async (bench) => {
    const folder = await bench.workspace.folder();
    try {
      return [await measure(bench, folder)];
    } finally {
      await bench.workspace.removeFolder(folder);
    }
  },
};

async function measure(bench: Bench, folder: string): Promise<Table> {
  const { options, workspace } = bench;
  const walBytes = () => folderBytes(join(folder, 'wal'));
  const restarts: Metrics[] = [];
  let server = await startMillrace(workspace, folder, flags);
  try {
    bench.progress(`replay: filling the log with ${mebibytes(options.walBytes)} MiB`);
    await runLoad(workspace, 'create', {
      ...{ url: server.url, group, count: streams, connections: 50 },
      'content-type': 'application/octet-stream',
    });
    const filled = await runLoad(workspace, 'fill', {
      ...{ url: server.url, group, streams, connections: 100, bytes: options.walBytes },
    });
    expectFull(walBytes(), options.walBytes);
    do {
      const logBytes = walBytes();
      bench.progress(`replay: kill -9 and restart ${restarts.length + 1}`);
      await server.kill();
      server = await startMillrace(workspace, folder, flags);
      const { totalBytes } = residentMemory(server.pid);
      restarts.push({ logBytes, readySeconds: server.readySeconds, totalBytes });
      // A start that empties the log leaves nothing to repeat.
    } while (restarts.length < options.rounds && walBytes() >= options.walBytes);

    bench.progress('replay: reading everything back');
    const read = await runLoad(workspace, 'catch-up', {
      ...{ url: server.url, group, streams, concurrency: 20, check: 'length' },
      ...{ clients: streams, 'warmup-clients': 0 },
    });
    expectSame(read['bytes'] ?? NaN, filled['bytes'] ?? NaN);
    return tableOf(filled, restarts);
  } finally {
    await server.kill();
  }
}

/** A log that was checkpointed and emptied on the way would be replayed in no time. */
function expectFull(logBytes: number, wanted: number): void {
  if (logBytes >= wanted) return;
  throw new Error(
    `the log holds ${mebibytes(logBytes)} MiB of the ${mebibytes(wanted)} MiB appended: ` +
      'it was checkpointed, and a replay would show nothing',
  );
}

function expectSame(read: number, acknowledged: number): void {
  if (read === acknowledged) return;
  throw new Error(`${whole(read)} bytes are there, ${whole(acknowledged)} were acknowledged`);
}

function tableOf(filled: Metrics, restarts: readonly Metrics[]): Table {
  return {
    id: 'replay',
    title: 'Restart after kill -9 (millrace)',
    how:
      `${whole(filled['appends'] ?? NaN)} appends of 256 B to 4 KiB, ` +
      `${mebibytes(filled['bytes'] ?? NaN)} MiB, and no checkpoint; then kill -9. The log is still ` +
      'in the page cache. Afterwards every acknowledged byte was read back.',
    columns: [
      { key: 'logBytes', head: 'log files MiB', format: mebibytes },
      { key: 'readySeconds', head: 'ready s', format: short },
      { key: 'totalBytes', head: 'RSS MiB then', format: mebibytes },
    ],
    ratios: [],
    rows: [{ target: 'millrace', rounds: restarts }],
  };
}
