import type { MessageStore } from '../storage/message-port.ts';
import { DataCorrupt, type Listed, type LogStore } from '../storage/port.ts';
import { accountOfStream, ANY_STREAM } from '../streams/names.ts';
import { CountedLogs, heldBy } from './counted-logs.ts';
import { CountedMessages } from './counted-messages.ts';
import { HeldByAccount } from './held.ts';
import { Quota, type QuotaLimits } from './quota.ts';

/** Stores as they are to be used, and the quota that they keep; undefined where nothing is limited. */
export interface Quotas {
  readonly store: LogStore;
  readonly messages: MessageStore;
  readonly quota: Quota | undefined;
}

/** Where there is a limit, counts what the stores hold. Nothing else may write to them yet. */
export async function openQuotas(
  { store, messages }: { readonly store: LogStore; readonly messages: MessageStore },
  limits: QuotaLimits,
): Promise<Quotas> {
  if (limits.accountStreamsMax === 0 && limits.accountBytesMax === 0) {
    return { store, messages, quota: undefined };
  }
  const held = new HeldByAccount();
  for await (const { name, head } of allStreams(store)) {
    const account = accountOfStream(name);
    const { streams, bytes } = heldBy(head);
    if (account !== undefined) held.add(account, streams, bytes);
  }
  const quota = new Quota(held, limits);
  return {
    store: new CountedLogs(store, held),
    messages: new CountedMessages(messages, held, quota),
    quota,
  };
}

const PAGE = 256;

/** Durable streams of all accounts but damaged ones, which can be neither written nor removed. */
async function* allStreams(store: LogStore): AsyncGenerator<Listed> {
  let limit = PAGE;
  for (let after: string | undefined; ;) {
    let page: readonly Listed[];
    try {
      page = await store.list({ prefix: ANY_STREAM, after, limit });
    } catch (error) {
      if (!(error instanceof DataCorrupt) || error.log === undefined) throw error;
      // Up to it one by one, past it, and on.
      if (limit === 1) after = error.log;
      limit = limit === 1 ? PAGE : 1;
      continue;
    }
    yield* page;
    if (page.length < limit) return;
    after = page.at(-1)?.name;
  }
}
