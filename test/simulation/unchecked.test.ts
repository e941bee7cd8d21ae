import { expect, it, vi } from 'vitest';
import { seedThatCatches } from './catching.ts';

// Every sum is the same, so whatever begins like a frame is one.
vi.mock('../../src/lib/crc32.ts', () => ({ crc32: () => 7 }));

it('the simulator catches an engine that skips the checksum', { timeout: 120_000 }, async () => {
  expect(await seedThatCatches()).toBeDefined();
});
