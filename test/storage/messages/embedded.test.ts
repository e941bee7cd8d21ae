import { CHECKPOINT_DEFAULTS } from '../../../src/storage/embedded/checkpoint.ts';
import { temporaryFolder } from '../../support/millrace.ts';
import { openEngine, QUIET, TINY, TINY_CHECKPOINT, type EngineSpecials } from '../engine-folder.ts';
import { describeMessageStore, type OpenedEngine } from './contract.ts';

async function open(specials: EngineSpecials): Promise<OpenedEngine> {
  const folder = await temporaryFolder();
  let engine = await openEngine(folder.path, specials);
  return {
    engine,
    reopen: async () => {
      await engine.close();
      engine = await openEngine(folder.path, specials);
      return engine;
    },
    catchUp: () => engine.checkpoint(),
    dispose: async () => {
      await engine.close();
      await folder.remove();
    },
  };
}

describeMessageStore({
  name: 'embedded',
  isDurable: true,
  open: () => open({ settings: QUIET, checkpoint: CHECKPOINT_DEFAULTS }),
  deviations: [],
});

describeMessageStore({
  name: 'embedded, cut small',
  isDurable: true,
  open: () => open({ settings: TINY, checkpoint: TINY_CHECKPOINT }),
  deviations: [],
});
