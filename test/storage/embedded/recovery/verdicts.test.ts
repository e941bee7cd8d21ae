import { describe, expect, test } from 'vitest';
import {
  judgeFolder,
  judgeSavable,
  judgeStop,
  type FolderFacts,
  type FolderVerdict,
  type Savable,
  type StopFacts,
  type StopVerdict,
} from '../../../../src/storage/embedded/recovery/verdicts.ts';

/** The facts in the order of a table's columns; `-` in a row stands for both. */
function rowsOf<Verdict extends string>(
  table: readonly (readonly [columns: string, verdict: Verdict])[],
): Map<string, Verdict> {
  const rows = new Map<string, Verdict>();
  for (const [columns, verdict] of table) {
    for (const bits of expand(columns)) {
      if (rows.has(bits)) throw new Error(`two rows for ${bits}`);
      rows.set(bits, verdict);
    }
  }
  return rows;
}

function expand(columns: string): string[] {
  const at = columns.indexOf('-');
  if (at < 0) return [columns];
  return ['0', '1'].flatMap((bit) => expand(columns.slice(0, at) + bit + columns.slice(at + 1)));
}

function flagsOf(bits: string): boolean[] {
  return Array.from(bits, (bit) => bit === '1');
}

const ALL = expand('----');

describe('what a folder is', () => {
  // index, segments, from the first commit on, meets the index
  const rows = rowsOf<FolderVerdict>([
    ['00--', 'new'],
    ['10--', 'log-lost'],
    ['011-', 'rebuild-index'],
    ['010-', 'index-lost'],
    ['11-1', 'replay'],
    ['11-0', 'gap-before-log'],
  ]);

  test.each(ALL)('is decided for %s', (bits) => {
    const [hasMeta, hasSegments, beginsAtFirst, meetsIndex] = flagsOf(bits);
    const facts = { hasMeta, hasSegments, beginsAtFirst, meetsIndex };
    expect(judgeFolder(complete<FolderFacts>(facts))).toBe(rows.get(bits));
  });
});

describe('what a repair can save', () => {
  const rows: Readonly<Record<FolderVerdict, Savable>> = {
    new: 'nothing-yet',
    replay: 'index-and-log',
    'rebuild-index': 'index-and-log',
    'log-lost': 'index',
    'gap-before-log': 'index',
    'index-lost': 'nothing',
  };

  test.each(ALL)('is decided for %s', (bits) => {
    const [hasMeta, hasSegments, beginsAtFirst, meetsIndex] = flagsOf(bits);
    const facts = { hasMeta, hasSegments, beginsAtFirst, meetsIndex };
    const verdict = judgeFolder(complete<FolderFacts>(facts));
    expect(judgeSavable(verdict)).toBe(rows[verdict]);
  });
});

describe('where the frames of a segment end', () => {
  // last segment, next one continues, looks torn, proven to have been synced
  const rows = rowsOf<StopVerdict>([
    ['01--', 'sealed-end'],
    ['00--', 'damaged'],
    ['1--1', 'damaged'],
    ['1-10', 'torn-tail'],
    ['1-00', 'end'],
  ]);

  test.each(ALL)('is judged for %s', (bits) => {
    const [isLastSegment, nextContinues, looksTorn, provenSynced] = flagsOf(bits);
    const facts = { isLastSegment, nextContinues, looksTorn, provenSynced };
    expect(judgeStop(complete<StopFacts>(facts))).toBe(rows.get(bits));
  });
});

/** Every fact is known: a row has as many columns as there are facts. */
function complete<Facts>(facts: { [Key in keyof Facts]: boolean | undefined }): {
  [Key in keyof Facts]: boolean;
} {
  const isComplete = (given: typeof facts): given is { [Key in keyof Facts]: boolean } =>
    Object.values(given).every((fact) => typeof fact === 'boolean');
  if (!isComplete(facts)) throw new Error('a fact is missing');
  return facts;
}
