import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/millrace.ts';
import { killLoop } from './kill-loop/run.ts';

const ROUNDS = 10;

test('D1: 20 writers and 20 readers find everything again after each kill -9', async () => {
  const folder = await temporaryFolder();
  // The message of a violation says the seed, and how to run the loop with it again.
  const seed = Date.now() % 1_000_000;
  const { kills } = await killLoop({ dataDir: folder.path, seed, rounds: ROUNDS });
  expect(kills).toBe(ROUNDS);
  await folder.remove();
}, 120_000);
