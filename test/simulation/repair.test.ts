import { describe, expect, test } from 'vitest';
import { EmbeddedEngine, type EngineSettings } from '../../src/storage/embedded/engine.ts';
import { FolderDamaged, LogDamaged } from '../../src/storage/embedded/recovery/damage.ts';
import { NO_FAILURES, QUIET, TINY_CHECKPOINT } from '../storage/engine-folder.ts';
import { Logs } from '../storage/logs.ts';
import { Random } from '../support/random.ts';
import type { Disk } from './disk.ts';
import { Machine, WAL_DIRECTORY, type Process } from './machine.ts';
import { withoutIntervals } from './timers.ts';

const SETTINGS: EngineSettings = {
  ...QUIET,
  walDirectory: WAL_DIRECTORY,
  segmentBytes: 700,
  memoryBytesMax: 1 << 26,
  idleLogsMax: 1,
  checkpoint: TINY_CHECKPOINT,
};
const LOGS = ['one', 'other', 'third'] as const;
const LOST = `${WAL_DIRECTORY}/lost`;
const COMMITS = 40;
const CHECKPOINT_AFTER = 12;

type Contents = Readonly<Record<string, string>>;

interface Life {
  readonly machine: Machine;
  /** What the logs held after each commit. */
  readonly history: readonly Contents[];
}

/** Moves the process's calls on until the work is done. Undefined: it took more than so many. */
async function drive<T>(
  process: Process,
  work: Promise<T>,
  stepsMax = 100_000,
): Promise<T | undefined> {
  const state: { settled?: PromiseSettledResult<T> } = {};
  work.then(
    (value) => (state.settled = { status: 'fulfilled', value }),
    (reason: unknown) => (state.settled = { status: 'rejected', reason }),
  );
  for (let steps = 0; ; steps += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    const { settled } = state;
    if (settled?.status === 'fulfilled') return settled.value;
    if (settled?.status === 'rejected') throw settled.reason;
    if (steps === stepsMax) return undefined;
    process.calls.step();
  }
}

function open(process: Process, repair: boolean): Promise<EmbeddedEngine> {
  const { files, index } = process;
  const onClosed = (): Promise<void> => Promise.resolve();
  // A folder that was repaired is another one: the dice must fall otherwise.
  const random = (): number => (repair ? 0.5 : 0.25);
  const parts = { files, index, random, events: NO_FAILURES, onClosed };
  return EmbeddedEngine.open(parts, { ...SETTINGS, repair });
}

async function contentsOf(engine: EmbeddedEngine): Promise<Contents> {
  const logs = new Logs(engine);
  const entries: (readonly [string, string])[] = [];
  for (const name of LOGS) {
    const isThere = engine.durable(name) !== undefined;
    entries.push([name, isThere ? await logs.content(name) : '']);
  }
  return Object.fromEntries(entries);
}

/** A machine whose process has died with a part of the log in the index. */
async function live(seed: number): Promise<Life> {
  const machine = new Machine(new Random(seed), () => undefined);
  const process = machine.start([]);
  const history: Contents[] = [Object.fromEntries(LOGS.map((name) => [name, '']))];
  const work = async (): Promise<void> => {
    const engine = await open(process, false);
    const logs = new Logs(engine);
    for (let commit = 1; commit <= COMMITS; commit += 1) {
      const name = LOGS[commit % LOGS.length] ?? 'one';
      const text = `${commit}.`.padEnd(60, name);
      if (commit <= LOGS.length) await logs.create(name, text);
      else await logs.append(name, text);
      const before = history.at(-1) ?? {};
      history.push({ ...before, [name]: (before[name] ?? '') + text });
      if (commit === CHECKPOINT_AFTER) await engine.checkpoint();
    }
  };
  await drive(process, work());
  machine.crash(process, 'kill');
  return { machine, history };
}

function segmentsIn(disk: Disk, directory = WAL_DIRECTORY): string[] {
  return disk
    .directory(directory)
    .names.filter((name) => name.endsWith('.wal'))
    .sort();
}

function flip(disk: Disk, segment: string | undefined, at: number): void {
  const inode = disk.file(`${WAL_DIRECTORY}/${segment ?? ''}`);
  const byte = Buffer.from([(inode.bytes[at] ?? 0) ^ 0x10]);
  inode.write(at, byte);
  inode.sync(inode.changeCount);
}

function remove(disk: Disk, segments: readonly string[]): void {
  for (const name of segments) disk.remove(`${WAL_DIRECTORY}/${name}`);
  const directory = disk.directory(WAL_DIRECTORY);
  directory.sync(directory.changeCount);
}

const DAMAGES: readonly { what: string; inflict: (disk: Disk, segments: string[]) => void }[] = [
  {
    what: 'a byte of a sealed segment',
    inflict: (disk, all) => {
      flip(disk, all.at(-3), 400);
    },
  },
  {
    what: 'a byte in the middle of the last segment',
    inflict: (disk, all) => {
      flip(disk, all.at(-1), 110);
    },
  },
  {
    what: 'the header of a sealed segment',
    inflict: (disk, all) => {
      flip(disk, all.at(-2), 9);
    },
  },
  {
    what: 'the header of the first segment',
    inflict: (disk, all) => {
      flip(disk, all[0], 9);
    },
  },
  {
    what: 'a segment in the middle',
    inflict: (disk, all) => {
      remove(disk, all.slice(-3, -2));
    },
  },
  {
    what: 'the first segments',
    inflict: (disk, all) => {
      remove(disk, all.slice(0, 3));
    },
  },
  {
    what: 'the whole log',
    inflict: (disk, all) => {
      remove(disk, all);
    },
  },
];

async function damaged(seed: number, inflict: (disk: Disk, all: string[]) => void): Promise<Life> {
  const life = await live(seed);
  const all = segmentsIn(life.machine.disk);
  expect(all.length).toBeGreaterThan(5);
  inflict(life.machine.disk, all);
  return life;
}

/** Every byte of the log's folder. */
function bytesOf(disk: Disk, directory = WAL_DIRECTORY): Map<string, string> {
  const names = disk.directory(directory).names.filter((name) => name.endsWith('.wal'));
  return new Map(
    names.map((name) => [name, disk.file(`${directory}/${name}`).bytes.toString('latin1')]),
  );
}

/** The segments that any repair has set aside, and their bytes. */
function setAside(disk: Disk): Map<string, string> {
  if (!disk.hasDirectory(LOST)) return new Map();
  const folders = disk.directory(LOST).names;
  return new Map(folders.flatMap((name) => [...bytesOf(disk, `${LOST}/${name}`)]));
}

async function refusalOf(process: Process): Promise<unknown> {
  try {
    await drive(process, open(process, false));
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Repairs, and looks at everything that must hold afterwards. */
async function repairAndCheck({ machine, history }: Life, expected?: Contents): Promise<Contents> {
  const process = machine.start([]);
  const engine = await drive(process, open(process, true));
  if (engine === undefined) throw new Error('it did not open');
  const contents = await contentsOf(engine);
  if (expected !== undefined) expect(contents).toEqual(expected);
  else expect(contents).toEqual(history[engine.repaired?.loss.keptLsn ?? -1]);
  const logs = new Logs(engine);
  const head = await drive(process, logs.create('new', 'after'));
  expect(head?.version).toBeGreaterThan(COMMITS);
  machine.crash(process, 'power-loss');

  const next = machine.start([]);
  const again = await drive(next, open(next, false));
  if (again === undefined) throw new Error('it did not open');
  expect(await contentsOf(again)).toEqual(contents);
  expect(await new Logs(again).content('new')).toBe('after');
  await drive(next, again.close());
  return contents;
}

describe.each(DAMAGES)('damage to the log: $what', ({ inflict }) => {
  test('is refused without a change, and repaired when asked to', () =>
    withoutIntervals(async () => {
      const life = await damaged(1, inflict);
      const { disk } = life.machine;
      const before = bytesOf(disk);
      const process = life.machine.start([]);
      const refusal = await refusalOf(process);
      expect(refusal).toBeInstanceOf(LogDamaged);
      expect(bytesOf(disk)).toEqual(before);
      life.machine.crash(process, 'kill');
      const loss = refusal instanceof LogDamaged ? refusal.loss : undefined;
      await repairAndCheck(life);
      const aside = setAside(disk);
      expect([...aside.keys()].sort()).toEqual(loss?.segments);
      for (const [name, bytes] of aside) expect(bytes === before.get(name), name).toBe(true);
    }));

  test('may be repaired in any number of attempts', { timeout: 60_000 }, () =>
    withoutIntervals(async () => {
      const expected = await repairAndCheck(await damaged(1, inflict));
      let crashes = 0;
      let survived = 0;
      for (let steps = 0; survived === 0; steps += 1) {
        const life = await damaged(steps + 2, inflict);
        const { machine } = life;
        const before = bytesOf(machine.disk);
        const process = machine.start([]);
        const opened = await drive(process, open(process, true), steps);
        machine.crash(process, steps % 2 === 0 ? 'power-loss' : 'kill');
        if (opened === undefined) crashes += 1;
        else survived += 1;
        // Half a repair is refused as the damage was; a whole one is not.
        const plain = machine.start([]);
        const refusal = await refusalOf(plain);
        if (refusal !== undefined) expect(refusal).toBeInstanceOf(FolderDamaged);
        if (opened !== undefined) expect(refusal).toBeUndefined();
        machine.crash(plain, 'kill');
        await repairAndCheck(life, expected);
        for (const [name, bytes] of setAside(machine.disk)) {
          expect(bytes === before.get(name), name).toBe(true);
        }
      }
      expect(crashes).toBeGreaterThan(5);
    }),
  );
});

describe('damage to what the index holds already', () => {
  test('is refused like any other, and its repair loses nothing', () =>
    withoutIntervals(async () => {
      // The segment in which the checkpoint ended begins with commits that it took in.
      const life = await damaged(1, (disk, all) => {
        flip(disk, all[0], 110);
      });
      const { machine, history } = life;
      const process = machine.start([]);
      const refusal = await refusalOf(process);
      expect(refusal instanceof LogDamaged && refusal.loss.isNothing).toBe(true);
      machine.crash(process, 'kill');
      expect(await repairAndCheck(life)).toEqual(history.at(-1));
    }));
});

test('a folder that is well is left as it is', () =>
  withoutIntervals(async () => {
    const { machine, history } = await live(1);
    const process = machine.start([]);
    const engine = await drive(process, open(process, true));
    expect(engine?.repaired).toBeUndefined();
    expect(engine && (await contentsOf(engine))).toEqual(history.at(-1));
    expect(machine.disk.hasDirectory(LOST)).toBe(false);
  }));
