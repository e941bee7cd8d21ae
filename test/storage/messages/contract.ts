import { describe, expect, it } from 'vitest';
import type { MessageStore } from '../../../src/storage/message-port.ts';
import type { LogStore } from '../../../src/storage/port.ts';
import type { Deviation } from '../contract.ts';
import { describeBesideLogs } from './contract/beside-logs.ts';
import { describeConfiguring } from './contract/configuring.ts';
import { describeDeduplication } from './contract/deduplication.ts';
import { describeFinding } from './contract/finding.ts';
import { describeMemoryStorage } from './contract/memory-storage.ts';
import { describePublishing } from './contract/publishing.ts';
import { describeRemoving } from './contract/removing.ts';
import { describeSteps } from './contract/steps.ts';
import { describeWatching } from './contract/watching.ts';
import { Streams } from './streams.ts';

/** An engine stores logs and messages, and changes both in one commit. */
export interface MessageEngine extends LogStore {
  readonly messages: MessageStore;
}

/** An engine under test and what only its driver can do with it. */
export interface OpenedEngine {
  readonly engine: MessageEngine;
  /** Lets go of the engine and opens anew what it has left. One that leaves nothing just goes on. */
  reopen(): Promise<MessageEngine>;
  /** Lets what the engine does in the background come to an end. */
  catchUp(): Promise<void>;
  /** Ends the engine and removes what it has left. */
  dispose(): Promise<void>;
}

export interface MessageDriver {
  readonly name: string;
  /** Whether `reopen` opens another engine, which has only what was stored. */
  readonly isDurable: boolean;
  open(): Promise<OpenedEngine>;
  readonly deviations: readonly Deviation[];
}

/** A test of the contract, with an engine of its own. */
export type MessageCheck = (
  title: string,
  run: (streams: Streams, opened: OpenedEngine) => Promise<void>,
) => void;

/** Looks at the same before a stop and after it. */
export async function lookTwice(
  streams: Streams,
  opened: OpenedEngine,
  look: (streams: Streams) => Promise<void>,
): Promise<Streams> {
  await look(streams);
  const again = new Streams((await opened.reopen()).messages);
  await look(again);
  return again;
}

/** All that `storage/message-port.ts` promises, asked of one driver. */
export function describeMessageStore(driver: MessageDriver): void {
  describe(`${driver.name}: a message store`, () => {
    const unknown = new Set(driver.deviations.flatMap(({ tests }) => tests));
    const check: MessageCheck = (title, run) => {
      unknown.delete(title);
      const deviation = driver.deviations.find(({ tests }) => tests.includes(title));
      const test = deviation === undefined ? it : it.fails;
      const name = deviation === undefined ? title : `${title} (not here: ${deviation.reason})`;
      test(name, async () => {
        const opened = await driver.open();
        try {
          await run(new Streams(opened.engine.messages), opened);
        } finally {
          await opened.dispose();
        }
      });
    };
    describeConfiguring(check);
    describePublishing(check);
    describeDeduplication(check);
    describeBesideLogs(check);
    describeRemoving(check);
    describeFinding(check);
    describeWatching(check);
    if (driver.isDurable) describeMemoryStorage(check);
    describeSteps(driver);
    it('deviates only from what the contract asks', () => {
      expect([...unknown]).toEqual([]);
    });
  });
}
