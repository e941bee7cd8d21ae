import { DEFAULT_ACCOUNT } from './accounts/caller.ts';
import type { BucketService } from './streams/bucket-service.ts';

/** Makes what a new data folder has in it, so that there is something to try. */
export async function furnish(buckets: BucketService): Promise<void> {
  await buckets.ensure(DEFAULT_ACCOUNT, 'demo');
}
