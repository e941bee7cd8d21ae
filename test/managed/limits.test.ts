import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { describeLimits } from './limits/limits.ts';

describeLimits({
  name: 'memory',
  runsPerCase: 20,
  open: () => {
    const engine = new MemoryEngine({ bytesMax: 1 << 20, life: 'life' });
    return Promise.resolve({ store: engine.messages, logs: engine, dispose: () => engine.close() });
  },
});
