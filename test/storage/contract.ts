import { describe, expect, it } from 'vitest';
import type { LogStore } from '../../src/storage/port.ts';
import { describeCommits } from './contract/commits.ts';
import { describeDurability } from './contract/durability.ts';
import { describeHeads } from './contract/heads.ts';
import { describeNames } from './contract/names.ts';
import { describeReads } from './contract/reads.ts';
import { describeWatching } from './contract/watching.ts';
import { Logs } from './logs.ts';

/** A store under test and what only its driver can do with it. */
export interface Opened {
  readonly store: LogStore;
  /** Lets go of the store and opens anew what it has left. */
  reopen(): Promise<LogStore>;
  /** Lets what the store does in the background come to an end. */
  catchUp(): Promise<void>;
  /** Ends the store, whatever became of it, and removes what it has left. */
  dispose(): Promise<void>;
}

/** What a driver promises otherwise than the port, and which tests show it by failing. */
export interface Deviation {
  readonly reason: string;
  readonly tests: readonly string[];
}

export interface Driver {
  readonly name: string;
  open(): Promise<Opened>;
  readonly deviations: readonly Deviation[];
}

/** A test of the contract, with a store of its own. */
export type Check = (
  title: string,
  run: (logs: Logs, store: LogStore, opened: Opened) => Promise<void>,
) => void;

/** All that `storage/port.ts` promises, asked of one driver. */
export function describeLogStore(driver: Driver): void {
  describe(`${driver.name}: a log store`, () => {
    const unknown = new Set(driver.deviations.flatMap(({ tests }) => tests));
    const check: Check = (title, run) => {
      unknown.delete(title);
      const deviation = driver.deviations.find(({ tests }) => tests.includes(title));
      const test = deviation === undefined ? it : it.fails;
      const name = deviation === undefined ? title : `${title} (not here: ${deviation.reason})`;
      test(name, async () => {
        const opened = await driver.open();
        try {
          await run(new Logs(opened.store), opened.store, opened);
        } finally {
          await opened.dispose();
        }
      });
    };
    describeHeads(check);
    describeCommits(check);
    describeReads(check);
    describeDurability(check);
    describeWatching(check);
    describeNames(check);
    it('deviates only from what the contract asks', () => {
      expect([...unknown]).toEqual([]);
    });
  });
}
