import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageStore } from '../../../src/storage/message-port.ts';
import type { LogStore } from '../../../src/storage/port.ts';
import { NS_PER_MS } from '../../../src/messages/config.ts';
import { LimitedPair } from './limited-pair.ts';
import type { Limits, ModelMessage } from './model.ts';
import { anyLimits, anySteps, LIMITS, type LimitName, type Step } from './steps.ts';

type Discard = Limits['discard'];

/** A store for one run, and how to be done with it. */
export interface RunStore {
  readonly store: MessageStore;
  readonly logs: LogStore;
  readonly dispose: () => Promise<void>;
}

export interface LimitsUnderTest {
  readonly name: string;
  readonly open: () => Promise<RunStore>;
  readonly runsPerCase: number;
}

const SINGLES = LIMITS.map((name): readonly LimitName[] => [name]);
const PAIRS = LIMITS.flatMap((one, index) =>
  LIMITS.slice(index + 1).map((other): readonly LimitName[] => [one, other]),
);
const SETS: readonly (readonly LimitName[])[] = [...SINGLES, ...PAIRS, LIMITS];
const DISCARDS = ['old', 'new'] as const;
const CASES = DISCARDS.flatMap((discard) =>
  SETS.map((names) => ({ discard, names, of: names.join(' and ') })),
);

/** Takes every step, and then looks. */
async function takeSteps(
  pair: LimitedPair,
  steps: readonly Step[],
  look: () => void = () => undefined,
): Promise<void> {
  for (const step of steps) {
    await pair.run(step);
    await pair.compare();
    look();
  }
}

/** What has gone in a step may go in it: it was asked for, or it is too old. */
function expectFair(
  step: Step,
  asked: readonly number[],
  gone: readonly ModelMessage[],
  pair: LimitedPair,
): void {
  const { maxAgeNs = Infinity } = pair.model.limits;
  const isOld = ({ atMs }: ModelMessage): boolean => pair.nowMs - atMs >= maxAgeNs / NS_PER_MS;
  switch (step.kind) {
    case 'publish':
    case 'time':
      expect(gone).toEqual([]);
      break;
    case 'delete':
      expect(gone.filter(({ seq }) => !asked.includes(seq))).toEqual([]);
      break;
    case 'sweep':
    case 'configure':
      expect(gone.filter((message) => !isOld(message))).toEqual([]);
      break;
    case 'purge':
      break;
  }
}

/** Every pair of limits, held by the service on a store as the model holds them. */
export function describeLimits({ name, open, runsPerCase }: LimitsUnderTest): void {
  const assertRuns = async (
    names: readonly LimitName[],
    discards: readonly [Discard, ...Discard[]],
    runs: number,
    live: (pair: LimitedPair, steps: readonly Step[]) => Promise<void>,
  ): Promise<void> => {
    const [discard] = discards;
    await fc.assert(
      fc.asyncProperty(anyLimits(names), anySteps(names, discards), async (limits, steps) => {
        const { store, logs, dispose } = await open();
        try {
          const pair = new LimitedPair(store, logs, { ...limits, discard });
          await pair.create();
          await live(pair, steps);
        } finally {
          await dispose();
        }
      }),
      { numRuns: runs },
    );
  };

  describe(`${name}: limits`, () => {
    it.each(CASES)('hold as the model has it: $of, under discard $discard', ({ names, discard }) =>
      assertRuns(names, [discard], runsPerCase, takeSteps),
    );

    it('hold as the model has it while what is discarded changes', async () => {
      await assertRuns(LIMITS, ['old', 'new'], runsPerCase * 2, takeSteps);
      await assertRuns(LIMITS.slice(0, 3), ['new', 'old'], runsPerCase * 4, takeSteps);
    });

    it('under discard old are never passed, whatever happens', () =>
      assertRuns(LIMITS, ['old'], runsPerCase * 2, (pair, steps) =>
        takeSteps(pair, steps, () => {
          const { messages, bytes, counts, limits } = pair.model;
          expect(messages.length).toBeLessThanOrEqual(limits.messagesMax ?? Infinity);
          expect(bytes).toBeLessThanOrEqual(limits.bytesMax ?? Infinity);
          const most = Math.max(0, ...Object.values(counts));
          expect(most).toBeLessThanOrEqual(limits.messagesPerSubjectMax ?? Infinity);
        }),
      ));

    it('under discard new lose nothing but what is deleted or too old', () =>
      assertRuns(LIMITS, ['new'], runsPerCase * 2, async (pair, steps) => {
        for (const step of steps) {
          const before = await pair.stored();
          const asked = step.kind === 'delete' ? step.places.map((at) => pair.seqAt(at)) : [];
          await pair.run(step);
          const left = new Set((await pair.stored()).map(({ seq }) => seq));
          expectFair(
            step,
            asked,
            before.filter(({ seq }) => !left.has(seq)),
            pair,
          );
        }
      }));
  });
}
