import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { ApiKeys } from './accounts/api-keys.ts';
import { withDefaults } from './config/parse.ts';
import { furnish } from './furnish.ts';
import { Metrics } from './http/metrics.ts';
import { systemClock } from './lib/clock.ts';
import { openStore } from './open-store.ts';
import { BucketService } from './streams/bucket-service.ts';

/** The API keys of a data folder that no server has open. */
export async function withKeys<T>(dataDir: string, use: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const logger = pino({ level: 'silent' });
  const fail = (): void => undefined;
  const { store, isNew } = await openStore(withDefaults({ dataDir }), logger, new Metrics(), fail);
  try {
    // The server that comes later cannot tell any more that it is the first.
    if (isNew) await furnish(new BucketService(store, systemClock));
    return await use(new ApiKeys(store, systemClock, randomBytes));
  } finally {
    await store.close();
  }
}
