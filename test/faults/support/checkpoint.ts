import type { HttpClient } from '../../support/http/client.ts';
import { metric, until } from '../../support/http/until.ts';

/** Waits until checkpoints have taken everything acknowledged into the index. */
export function untilCheckpointed(client: HttpClient): Promise<void> {
  return until('everything is in the index', async () => {
    return (await metric(client, 'millrace_unflushed_bytes')) === 0;
  });
}
