import { expect } from 'vitest';
import { must } from '../../../src/lib/assert.ts';
import { until } from '../../support/http/until.ts';
import type { Mortal } from './mortal.ts';
import type { NumberWriter } from './number-writer.ts';

const ROUNDS = 3;
const PUBLISHED_AT_LEAST = 250;

/**
 * Kills the server, and starts it again, some times while writers publish and what they publish is
 * carried on, behind them: `carried` says how much of it was. What it dies on is under way.
 */
export async function killedWhilePublishing(
  server: Mortal,
  writers: readonly NumberWriter[],
  carried: () => Promise<number>,
): Promise<void> {
  const first = must(writers[0], 'somebody publishes');
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = first.published;
    const writing = writers.map((each) => each.publishUntilKilled());
    await until('some is published and some of it carried', async () => {
      return first.published >= before + PUBLISHED_AT_LEAST && (await carried()) > before;
    });
    await server.die();
    await Promise.all(writing);
    await server.start();
  }
  for (const each of writers) expect(await each.publish()).toBe(true);
}
