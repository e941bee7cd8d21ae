import { describe, expect, it } from 'vitest';
import type { FsyncMode } from '../../src/config/config.ts';
import { openFolder } from '../../src/storage/embedded/open.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { describeLogStore } from './contract.ts';
import {
  NO_FAILURES,
  openPlainly,
  openStepping,
  QUIET,
  TINY,
  TINY_CHECKPOINT,
} from './engine-folder.ts';

const tiny = { settings: TINY, checkpoint: TINY_CHECKPOINT };

describeLogStore({ name: 'embedded', open: openPlainly, deviations: [] });

describeLogStore({
  name: 'embedded, cut small, with a checkpoint after every commit',
  open: () =>
    openStepping(tiny, () => async (engine) => {
      await engine.checkpoint();
      return engine;
    }),
  deviations: [],
});

describe('the embedded engine', () => {
  const MODES: readonly { fsync: FsyncMode; durability: string }[] = [
    { fsync: { kind: 'always' }, durability: 'power-loss' },
    { fsync: { kind: 'interval', ms: 50 }, durability: 'process-death' },
    { fsync: { kind: 'never' }, durability: 'process-death' },
  ];

  it.each(MODES)(
    'under --fsync $fsync.kind survives $durability',
    async ({ fsync, durability }) => {
      const folder = await temporaryFolder();
      const engine = await openFolder({ ...QUIET, fsync, directory: folder.path }, NO_FAILURES);
      expect(engine.capabilities).toEqual({ engine: 'embedded', durability });
      await engine.close();
      await folder.remove();
    },
  );
});
