import type { Listed, ListRequest, StoredHead } from '../port.ts';
import type { EmbeddedHead } from './entry.ts';
import type { Index } from './index/index.ts';
import { following, nameIn, nameKey, nameRange } from './index/keys.ts';
import { headIn } from './index/values.ts';
import type { LogTable } from './log-table.ts';

const PAGE = 256;

/**
 * Names in the order of their bytes: the index's, corrected by what memory knows better. Memory is
 * scanned whole for it, which is bounded by what a checkpoint leaves waiting.
 */
export function listDurable(index: Index, table: LogTable, request: ListRequest): Listed[] {
  const { prefix, after: afterName, limit } = request;
  const corrected = new Map<string, EmbeddedHead | undefined>();
  for (const { name, durable } of table.dirty) {
    if (name.startsWith(prefix)) corrected.set(name, durable);
  }
  const range = nameRange('head', prefix);
  const first = afterName === undefined ? range.from : following(nameKey('head', afterName));
  const from = first.compare(range.from) > 0 ? first : range.from;

  const found: { key: Buffer; listed: Listed }[] = [];
  for (const [name, head] of corrected) {
    const key = nameKey('head', name);
    if (head !== undefined && key.compare(from) >= 0) found.push({ key, listed: { name, head } });
  }
  let left = limit;
  for (let at = from; left > 0;) {
    const page = index.range({ from: at, to: range.to, limit: PAGE });
    for (const { key, value } of page) {
      // What was not asked for may be damaged without harm.
      if (left === 0) break;
      const name = nameIn(key);
      if (corrected.has(name)) continue;
      found.push({ key, listed: { name, head: table.headOf(headIn(value, name)) } });
      left -= 1;
    }
    const lastKey = page.at(-1)?.key;
    if (lastKey === undefined || page.length < PAGE) break;
    at = following(lastKey);
  }
  found.sort((one, other) => one.key.compare(other.key));
  return found.slice(0, limit).map(({ listed }) => listed);
}

/** Whether any log of this prefix, pending ones included, is there in the caller's sense. */
export function anyLatest(
  index: Index,
  table: LogTable,
  prefix: string,
  isThere: (head: StoredHead) => boolean,
): boolean {
  for (const { name, latest } of table.entries()) {
    if (latest !== undefined && name.startsWith(prefix) && isThere(latest)) return true;
  }
  const range = nameRange('head', prefix);
  for (let at = range.from; ;) {
    const page = index.range({ from: at, to: range.to, limit: PAGE });
    for (const { key, value } of page) {
      const name = nameIn(key);
      const isInMemory = table.peek(name) !== undefined;
      if (!isInMemory && isThere(table.headOf(headIn(value, name)))) return true;
    }
    const lastKey = page.at(-1)?.key;
    if (lastKey === undefined || page.length < PAGE) return false;
    at = following(lastKey);
  }
}
