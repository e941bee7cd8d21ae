import fc from 'fast-check';
import { describe, test } from 'vitest';
import { serve } from '../support/http/engines.ts';
import { holdClock } from '../support/http/held-clock.ts';
import { Run, WAIT_MS } from '../support/model/run.ts';
import { steps } from '../support/model/steps.ts';

// To search further: MODEL_SEED=7 MODEL_RUNS=5000 npx vitest run test/http/model.test.ts
const SEED = Number(process.env['MODEL_SEED'] ?? 20_300_101);
const RUNS = Number(process.env['MODEL_RUNS'] ?? 100);
const TIMEOUT_MS = 120_000 + RUNS * 2000;

const LIMITS = {
  // A few records a page, so that reading goes over many pages and all boundaries.
  pageBytes: 24,
  forkDepthMax: 3,
  producersMax: 2,
  producerIdleMs: 2 * WAIT_MS,
};

describe.each(['embedded', 'memory'] as const)('any sequence of requests, %s engine', (engine) => {
  const clock = holdClock();
  const server = serve(engine, {
    pageBytes: LIMITS.pageBytes,
    forkDepthMax: LIMITS.forkDepthMax,
    producersPerStreamMax: LIMITS.producersMax,
    producerIdleMs: LIMITS.producerIdleMs,
    // Streams move between memory and disk all the time.
    checkpointIntervalMs: 15,
    idleStreamsMax: 2,
    walSegmentBytes: 64 * 1024,
  });

  /** Throws with all that happened, in words, when something is answered otherwise. */
  const property = fc.asyncProperty(steps, async (sequence) => {
    const run = new Run(server, clock, LIMITS);
    try {
      await run.all(sequence);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error([...run.story, reason].join('\n  '), { cause: error });
    }
  });

  test(
    'is answered as the model says',
    async () => {
      const outcome = await fc.check(property, { seed: SEED, numRuns: RUNS });
      if (!outcome.failed) return;
      const { counterexamplePath, numShrinks, errorInstance } = outcome;
      const told = errorInstance instanceof Error ? errorInstance.message : 'interrupted';
      const path = counterexamplePath ?? '';
      throw new Error(
        `This is not answered as the model says:\n  ${told}\n` +
          `(seed ${SEED}, path "${path}", shrunk ${numShrinks} times)`,
      );
    },
    TIMEOUT_MS,
  );
});
