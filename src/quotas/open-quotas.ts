import type { MessageStore } from '../storage/message-port.ts';
import { allListed } from '../storage/listing.ts';
import type { LogStore } from '../storage/port.ts';
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
  for await (const { name, head } of allListed(store, ANY_STREAM)) {
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
