import { writeFile } from 'node:fs/promises';
import type { Bench, Failure, Measure } from './bench.ts';
import { judge } from './goals.ts';
import { parseOptions, usage, UsageError, type Options } from './options.ts';
import { printEnd, printHead, printTable, toJson } from './report.ts';
import { select } from './selection.ts';
import { describeMachine } from './system/machine.ts';
import { Workspace } from './system/workspace.ts';
import type { Table } from './table.ts';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    print(usage);
    return 0;
  }
  const selection = select(options);
  const workspace = new Workspace(options.folder);
  closeOnSignal(workspace);
  try {
    return await run(options, selection, workspace);
  } finally {
    await workspace.close();
  }
}

async function run(
  options: Options,
  { measures, targets }: ReturnType<typeof select>,
  workspace: Workspace,
): Promise<number> {
  const failures: Failure[] = [];
  const tables: Table[] = [];
  const bench: Bench = {
    ...{ options, workspace, targets, runId: Date.now().toString(36) },
    progress: (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`),
    fail: (failure) => {
      failures.push(failure);
      bench.progress(`FAILED ${failure.measure}, ${failure.target}: ${failure.reason}`);
    },
  };
  const machine = await describeMachine(workspace);
  print(printHead(machine, options, targets));
  for (const measure of measures) {
    for (const table of await runMeasure(measure, bench)) {
      tables.push(table);
      print(printTable(table));
    }
  }
  const verdicts = judge(tables, options);
  const report = { machine, options, targets, tables, verdicts, failures };
  print(printEnd(report));
  if (options.jsonFile !== undefined) await writeFile(options.jsonFile, toJson(report));
  return failures.length === 0 ? 0 : 1;
}

async function runMeasure(measure: Measure, bench: Bench): Promise<readonly Table[]> {
  try {
    return await measure.run(bench);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    bench.fail({ measure: measure.name, target: 'millrace', reason });
    return [];
  }
}

function closeOnSignal(workspace: Workspace): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      void workspace.close().finally(() => process.exit(130));
    });
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}\n`);
  process.exitCode = 2;
}
