import { firstSince } from '../managed/first-since.ts';
import { managedPrefix } from '../managed/names.ts';
import type { MessageStore } from '../storage/message-port.ts';
import type { Start } from '../triggers/start.ts';
import type { SourceHead } from './source.ts';

/**
 * Where a trigger begins in a stream that was there when it was made. It is put on record with the
 * trigger, so that what retention takes from then on is known to be missed.
 */
export async function placeNow(
  messages: MessageStore,
  account: string,
  stream: string,
  head: SourceHead,
  start: Start,
): Promise<number> {
  if (start.kind === 'new') return head.tail;
  return Math.max(head.first, await firstAt(messages, account, stream, head, start));
}

/** Where a trigger begins in a stream that came later: all of it is new. */
export async function firstAt(
  messages: MessageStore,
  account: string,
  stream: string,
  { begin, first, tail }: SourceHead,
  start: Start,
): Promise<number> {
  switch (start.kind) {
    case 'new':
    case 'all':
      return begin;
    case 'sequence':
      return Math.max(begin, start.sequence);
    case 'time':
      return await firstSince(
        messages,
        managedPrefix(account) + stream,
        { first, tail },
        start.atMs,
      );
  }
}
