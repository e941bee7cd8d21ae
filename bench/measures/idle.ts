import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Measure } from '../bench.ts';
import { mebibytes, short, whole } from '../format.ts';
import { numberedPath } from '../load/paths.ts';
import { runLoad, type Metrics } from '../load/run.ts';
import { folderBytes } from '../system/folder-size.ts';
import { residentMemory } from '../system/proc.ts';
import { quiet } from '../system/quiet.ts';
import { startMillrace, type Millrace } from '../targets/millrace.ts';
import type { Row, Table } from '../table.ts';

const group = 'idle';
const tidyUpMs = 60_000;

export const idle: Measure = {
  name: 'idle',
  run: async (bench) => {
    const folder = await bench.workspace.folder();
    try {
      const rows = await measure(bench, folder);
      return [tableOf(bench, rows, folderBytes(folder))];
    } finally {
      await bench.workspace.removeFolder(folder);
    }
  },
};

async function measure(bench: Bench, folder: string): Promise<Row[]> {
  const { options, workspace } = bench;
  const restarted: Metrics[] = [];
  let server = await startMillrace(workspace, folder);
  try {
    const empty = await atRest(server);
    bench.progress(`idle: creating ${whole(options.idleStreams)} streams`);
    const { rate = NaN } = await runLoad(workspace, 'create', {
      ...{ url: server.url, group, count: options.idleStreams, connections: 100 },
      'content-type': 'application/octet-stream',
    });
    const created = { ...(await atRest(server)), rate, readySeconds: NaN };
    for (let round = 0; round < options.rounds; round += 1) {
      bench.progress(`idle: restart ${round + 1}`);
      await server.stop();
      server = await startMillrace(workspace, folder);
      restarted.push(await atRest(server));
      await checkStreams(bench, server);
    }
    await server.stop();
    return [
      { target: 'before any', rounds: [empty] },
      { target: 'after creating them', rounds: [created] },
      { target: 'after a restart', rounds: restarted },
    ];
  } finally {
    await server.kill();
  }
}

async function atRest(server: Millrace): Promise<Metrics> {
  await quiet([server.pid], tidyUpMs);
  await sleep(1000);
  return { ...residentMemory(server.pid), readySeconds: server.readySeconds };
}

/** A start that forgets streams is fast for nothing: ask for some of them, spread over all. */
async function checkStreams(bench: Bench, server: Millrace): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    const number = Math.floor((i * (bench.options.idleStreams - 1)) / 99);
    const path = numberedPath(group, number);
    const { status } = await fetch(`${server.url}${path}`, { method: 'HEAD' });
    if (status !== 200) throw new Error(`${path} answers ${status} after the restart`);
  }
}

function tableOf(bench: Bench, rows: readonly Row[], diskBytes: number): Table {
  return {
    id: 'idle',
    title: `${whole(bench.options.idleStreams)} idle streams (millrace)`,
    how:
      'Streams created by PUT, then at rest; after SIGTERM and a new start again. Ready: from ' +
      `the spawn to the first 200 of /-/ready. On disk: ${mebibytes(diskBytes)} MiB.`,
    columns: [
      { key: 'rate', head: 'creates/s', format: whole },
      { key: 'totalBytes', head: 'RSS MiB', format: mebibytes },
      { key: 'anonymousBytes', head: 'anonymous', format: mebibytes },
      { key: 'fileBytes', head: 'mapped files', format: mebibytes },
      { key: 'readySeconds', head: 'ready s', format: short },
    ],
    ratios: [],
    rows,
  };
}
