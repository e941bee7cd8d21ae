import { deleteDocument } from '../storage/documents.ts';
import { DataCorrupt, type LogStore } from '../storage/port.ts';
import { ANY_PROGRESS, progressOwner } from './names.ts';
import type { Turns } from './turns.ts';

export interface LeftPlacesParts {
  readonly logs: LogStore;
  /** No trigger comes or goes while a part is looked through. */
  readonly turns: Turns;
  /** What the names begin with of all that the triggers keep which there are now. */
  readonly owners: () => ReadonlySet<string>;
}

const NAMES_PER_TURN = 256;

/** Forgets what a crash has left of deleted triggers, a bounded part at a time. */
export async function forgetLeftPlaces(parts: LeftPlacesParts): Promise<void> {
  try {
    for (let after: string | undefined; ;) {
      const walked = await parts.turns.take(() => forgetSome(parts, after));
      if (walked.kind !== 'walked' || walked.through === undefined) return;
      after = walked.through;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    // It is in nobody's way; the next start looks again.
    if (!(error instanceof DataCorrupt)) throw error;
  }
}

interface Walked {
  readonly kind: 'walked';
  /** Where to go on; undefined: nowhere. */
  readonly through: string | undefined;
}

async function forgetSome(
  { logs, owners }: LeftPlacesParts,
  after: string | undefined,
): Promise<Walked> {
  const listed = await logs.list({ prefix: ANY_PROGRESS, after, limit: NAMES_PER_TURN });
  const standing = owners();
  const left = listed.filter(({ name }) => !standing.has(progressOwner(name)));
  const ops = left.map(({ name, head }) => deleteDocument(name, head));
  const isDone = ops.length === 0 || (await logs.commit(ops)).kind === 'stored';
  const isMore = isDone && listed.length === NAMES_PER_TURN;
  return { kind: 'walked', through: isMore ? listed.at(-1)?.name : undefined };
}
