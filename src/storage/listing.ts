import { DataCorrupt, type Listed, type LogStore } from './port.ts';

const PAGE = 256;

/** All durable logs whose names begin so, but damaged ones, which are told of by name. */
export async function* allListed(
  store: LogStore,
  prefix: string,
  onDamaged: (name: string) => void = () => undefined,
): AsyncGenerator<Listed, void, undefined> {
  let limit = PAGE;
  for (let after: string | undefined; ;) {
    let page: readonly Listed[];
    try {
      page = await store.list({ prefix, after, limit });
    } catch (error) {
      if (!(error instanceof DataCorrupt) || error.log === undefined) throw error;
      // Up to it one by one, past it, and on.
      if (limit === 1) {
        onDamaged(error.log);
        after = error.log;
      }
      limit = limit === 1 ? PAGE : 1;
      continue;
    }
    yield* page;
    if (page.length < limit) return;
    after = page.at(-1)?.name;
  }
}
