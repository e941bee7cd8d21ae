import type { Child } from '../system/child.ts';
import { CpuMeter, type CpuShares } from '../system/cpu-meter.ts';
import type { Workspace } from '../system/workspace.ts';

export type Metrics = Readonly<Record<string, number>>;

/** A load program at work in its own process. */
export class Load {
  readonly #name: string;
  readonly #child: Child;

  constructor(
    workspace: Workspace,
    program: string,
    flags: Readonly<Record<string, string | number>>,
  ) {
    this.#name = program;
    this.#child = workspace.spawnProgram(new URL(`./${program}.ts`, import.meta.url), flags);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for a line the program says on its way. */
  async said(word: string, timeoutMs = 120_000): Promise<void> {
    await this.#child.waitFor(`"${word}"`, timeoutMs, (line) => (line === word ? true : undefined));
  }

  /** The program's figures. A single unexpected answer makes them worthless: then it throws. */
  async result(timeoutMs = 1_800_000): Promise<Metrics> {
    const { metrics, errors } = await this.#child.waitFor('result', timeoutMs, parseResult);
    await this.#child.exited;
    if (errors.count > 0) {
      throw new Error(`${this.#name}: ${errors.count} errors, the first: ${errors.first}`);
    }
    return metrics;
  }

  /** Waits for the program's "begin" and "end"; what was used in between. */
  async cpuShares(serverPid: number | undefined, loadPids = [this.pid]): Promise<CpuShares> {
    try {
      await this.said('begin');
      const meter = new CpuMeter(serverPid, loadPids);
      await this.said('end');
      return meter.shares();
    } catch {
      // Whatever ended the program early is reported by its result.
      return { serverCpu: NaN, loadCpu: NaN, otherCpu: NaN };
    }
  }

  endInput(): void {
    this.#child.endInput();
  }
}

/** Runs a load program to its end: its figures, and the CPU used meanwhile. */
export async function runLoad(
  workspace: Workspace,
  program: string,
  flags: Readonly<Record<string, string | number>>,
  serverPid?: number,
): Promise<Metrics> {
  const load = new Load(workspace, program, flags);
  const [shares, metrics] = await Promise.all([load.cpuShares(serverPid), load.result()]);
  return { ...metrics, ...shares };
}

interface Result {
  readonly metrics: Metrics;
  readonly errors: { readonly count: number; readonly first: string };
}

function parseResult(line: string): Result | undefined {
  if (!line.startsWith('{')) return undefined;
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('metrics' in value) || !('errors' in value)) return undefined;
  const { metrics, errors } = value;
  if (typeof metrics !== 'object' || metrics === null) return undefined;
  if (typeof errors !== 'object' || errors === null) return undefined;
  if (!('count' in errors) || typeof errors.count !== 'number') return undefined;
  if (!('first' in errors) || typeof errors.first !== 'string') return undefined;
  return {
    // NaN travels as null.
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, figure]) => [
        name,
        typeof figure === 'number' ? figure : NaN,
      ]),
    ),
    errors: { count: errors.count, first: errors.first },
  };
}
