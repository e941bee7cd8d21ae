import { MemoryEngine } from '../../../src/storage/memory/engine.ts';
import { describeMessageStore } from './contract.ts';

describeMessageStore({
  name: 'memory',
  isDurable: false,
  open: () => {
    const engine = new MemoryEngine({ bytesMax: 1 << 30, life: 'life' });
    return Promise.resolve({
      engine,
      reopen: () => Promise.resolve(engine),
      catchUp: () => Promise.resolve(),
      dispose: () => engine.close(),
    });
  },
  deviations: [],
});
