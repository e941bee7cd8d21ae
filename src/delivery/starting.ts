import { firstSince } from '../managed/first-since.ts';
import { managedPrefix } from '../managed/names.ts';
import type { MessageStore } from '../storage/message-port.ts';
import type { Start } from '../triggers/start.ts';
import type { SourceHead } from './source.ts';

/**
 * Where a trigger begins in a stream that it has carried nothing of. One that was there when the
 * trigger was made has its place on record where the trigger starts with what is new; any other
 * is all new.
 */
export async function firstAt(
  messages: MessageStore,
  account: string,
  stream: string,
  { first, tail }: SourceHead,
  start: Start,
): Promise<number> {
  switch (start.kind) {
    case 'new':
    case 'all':
      return first;
    case 'sequence':
      return Math.max(first, start.sequence);
    case 'time':
      return await firstSince(
        messages,
        managedPrefix(account) + stream,
        { first, tail },
        start.atMs,
      );
  }
}
