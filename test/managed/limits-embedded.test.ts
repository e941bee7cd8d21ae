import { afterAll, beforeAll } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { managedName } from '../../src/managed/names.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import { openEngine, TINY, TINY_CHECKPOINT } from '../storage/engine-folder.ts';
import { ORDERS } from '../support/managed.ts';
import { ACCOUNT } from '../support/managed-account.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { describeLimits } from './limits/limits.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
let opened: EmbeddedEngine | undefined;

beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openEngine(folder.path, { settings: TINY, checkpoint: TINY_CHECKPOINT });
});

afterAll(async () => {
  await opened?.close();
  await folder?.remove();
});

// One engine for all runs, each with a stream of its own under the same name.
describeLimits({
  name: 'embedded, cut small',
  runsPerCase: 3,
  open: () => {
    const engine = must(opened, 'the engine is open');
    return Promise.resolve({
      store: engine.messages,
      logs: engine,
      dispose: async () => {
        await engine.messages.dropManaged(managedName(ACCOUNT, ORDERS));
        await engine.checkpoint();
      },
    });
  },
});
