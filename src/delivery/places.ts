import { createDocument, deleteDocument } from '../storage/documents.ts';
import type { LogStore, Op } from '../storage/port.ts';
import type { Definition } from '../triggers/definition.ts';
import { progressName, progressPrefix } from './names.ts';
import { begin, textOfProgress } from './progress.ts';
import { findSources, type SourceParts } from './source-finder.ts';
import { placeNow } from './starting.ts';

const DOCUMENTS_PER_COMMIT = 256;

/** What puts it on record where a trigger begins in each source that is there. */
export async function placesNow(
  parts: SourceParts,
  account: string,
  id: string,
  { start, from }: Definition,
): Promise<readonly Op[]> {
  if (from.kind === 'service') return [];
  const ops: Op[] = [];
  for (const source of await findSources(parts, account, from)) {
    const head = await source.head();
    if (head === undefined) continue;
    const place = await placeNow(parts.messages, account, source.name, head, start);
    const text = textOfProgress(begin(head.incarnation, place));
    ops.push(createDocument(progressName(account, id, source.name), text));
  }
  return ops;
}

/** What is left, should this fail, is in nobody's way: no other trigger has the id. */
export async function forgetPlaces(logs: LogStore, account: string, id: string): Promise<void> {
  const prefix = progressPrefix(account, id);
  for (;;) {
    const listed = await logs.list({ prefix, after: undefined, limit: DOCUMENTS_PER_COMMIT });
    if (listed.length === 0) return;
    const outcome = await logs.commit(listed.map(({ name, head }) => deleteDocument(name, head)));
    if (outcome.kind !== 'stored') return;
  }
}
