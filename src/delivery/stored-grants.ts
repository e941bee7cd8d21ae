import { createDocument, deleteDocument, textOf } from '../storage/documents.ts';
import { allListed } from '../storage/listing.ts';
import {
  DataCorrupt,
  type Listed,
  type LogStore,
  type Op,
  type StoredHead,
} from '../storage/port.ts';
import type { Grant } from '../triggers/grant.ts';
import { readGrant, writeGrant } from '../triggers/grant-document.ts';
import { ANY_GRANT, grantName } from './names.ts';

/** Stores a new one. */
export function grantOp(grant: Grant): Op {
  return createDocument(grantName(grant), writeGrant(grant));
}

/**
 * Takes those away that are still there. One that is damaged stays: it can be neither read nor
 * written over, and so grants nothing after the next start.
 */
export async function ungrantOps(logs: LogStore, grants: readonly Grant[]): Promise<readonly Op[]> {
  const ops: Op[] = [];
  for (const name of grants.map(grantName)) {
    const head = await latestUnlessDamaged(logs, name);
    if (head !== undefined) ops.push(deleteDocument(name, head));
  }
  return ops;
}

async function latestUnlessDamaged(logs: LogStore, name: string): Promise<StoredHead | undefined> {
  try {
    return await logs.latest(name);
  } catch (error) {
    if (error instanceof DataCorrupt) return undefined;
    throw error;
  }
}

/**
 * All that are stored. One that cannot be read is told of and grants nothing: whoever rests on it
 * waits.
 */
export async function* storedGrants(
  logs: LogStore,
  onUnreadable: (name: string) => void,
): AsyncGenerator<Grant, void, undefined> {
  for await (const listed of allListed(logs, ANY_GRANT, onUnreadable)) {
    const grant = grantIn(listed);
    if (grant === undefined) onUnreadable(listed.name);
    else yield grant;
  }
}

function grantIn({ name, head }: Listed): Grant | undefined {
  const grant = readGrant(textOf(head) ?? '');
  return grant !== undefined && grantName(grant) === name ? grant : undefined;
}
