import { textOf } from '../storage/documents.ts';
import type { LogStore } from '../storage/port.ts';
import { stateOf, type Kept } from './kept-triggers.ts';
import { lagOf } from './lag.ts';
import { progressPrefix } from './names.ts';
import { parseProgress } from './progress.ts';
import type { CarriedSource } from './running.ts';
import type { TriggerView } from './trigger-outcomes.ts';

/** Of a trigger that does not run, no more sources than these are shown. */
const STORED_SOURCES_MAX = 1000;

/** A trigger as it is seen: what it does, or where it has stopped. */
export async function viewOf(found: Kept, logs: LogStore, nowMs: number): Promise<TriggerView> {
  const { account, id, definition, running } = found;
  const carried = await running?.sources();
  const sources = carried ?? (await storedSources(logs, account, id));
  return {
    definition,
    state: stateOf(found),
    sources,
    lag: await lagOf(sources, nowMs),
  };
}

async function storedSources(
  logs: LogStore,
  account: string,
  id: string,
): Promise<readonly CarriedSource[]> {
  const prefix = progressPrefix(account, id);
  const listed = await logs.list({ prefix, after: undefined, limit: STORED_SOURCES_MAX });
  return listed.flatMap(({ name, head }) => {
    const progress = parseProgress(textOf(head) ?? '');
    if (progress === undefined) return [];
    const unlooked = { source: undefined, head: undefined, lastRefusal: undefined };
    return [{ name: name.slice(prefix.length), progress, caughtUpAtMs: undefined, ...unlooked }];
  });
}
