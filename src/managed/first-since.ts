import type { MessageStore, StoredMessage } from '../storage/message-port.ts';

/** Sequences to look at. */
export interface SeqRange {
  readonly first: number;
  /** Behind the last one. */
  readonly tail: number;
}

/**
 * The first sequence whose message was stored at that time or later; the range's end when there is
 * none. Times never go back within a stream, so each look leaves out half of what is left.
 */
export async function firstSince(
  messages: MessageStore,
  stored: string,
  { first, tail }: SeqRange,
  atMs: number,
): Promise<number> {
  let low = first;
  let high = tail;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await messageFrom(messages, stored, middle);
    if (message === undefined || message.createdAtMs >= atMs) high = middle;
    else low = message.seq + 1;
  }
  return low;
}

async function messageFrom(
  messages: MessageStore,
  stored: string,
  fromSeq: number,
): Promise<StoredMessage | undefined> {
  for (let from = fromSeq; ;) {
    const request = { fromSeq: from, filter: undefined, messagesMax: 1, bytesMax: 1 };
    const found = await messages.find(stored, request);
    if (found.kind !== 'found') return undefined;
    const [message] = found.messages;
    const lastSeq = messages.managed(stored)?.lastSeq ?? 0;
    if (message !== undefined || found.throughSeq >= lastSeq) return message;
    from = found.throughSeq + 1;
  }
}
