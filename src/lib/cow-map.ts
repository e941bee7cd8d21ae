const ENTRIES_PER_SHARD = 16;

/**
 * An immutable map for small states that change one key at a time: `with` copies one shard of
 * about sixteen entries and shares the rest, so a map of a thousand keys costs no more to change
 * than one of ten.
 */
export class CowMap<Value> {
  readonly size: number;
  readonly #shards: readonly ReadonlyMap<string, Value>[];

  // One for all: most streams have no producers, and there may be millions of streams.
  static #none: CowMap<never> | undefined;

  private constructor(size: number, shards: readonly ReadonlyMap<string, Value>[]) {
    this.size = size;
    this.#shards = shards;
  }

  static empty<Value>(): CowMap<Value> {
    CowMap.#none ??= new CowMap<never>(0, [new Map<string, never>()]);
    return CowMap.#none;
  }

  get(key: string): Value | undefined {
    return this.#shards[this.#shardOf(key)]?.get(key);
  }

  with(key: string, value: Value): CowMap<Value> {
    const index = this.#shardOf(key);
    const shard = new Map(this.#shards[index]);
    const size = shard.has(key) ? this.size : this.size + 1;
    shard.set(key, value);
    const shards = this.#shards.with(index, shard);
    const grown = new CowMap(size, shards);
    return size > shards.length * ENTRIES_PER_SHARD ? grown.#spread(shards.length * 8) : grown;
  }

  without(key: string): CowMap<Value> {
    const index = this.#shardOf(key);
    const shard = new Map(this.#shards[index]);
    return shard.delete(key) ? new CowMap(this.size - 1, this.#shards.with(index, shard)) : this;
  }

  *entries(): Generator<[string, Value]> {
    for (const shard of this.#shards) yield* shard;
  }

  #spread(shardCount: number): CowMap<Value> {
    const shards = Array.from({ length: shardCount }, () => new Map<string, Value>());
    for (const [key, value] of this.entries()) {
      shards[hash(key) % shardCount]?.set(key, value);
    }
    return new CowMap(this.size, shards);
  }

  #shardOf(key: string): number {
    return this.#shards.length === 1 ? 0 : hash(key) % this.#shards.length;
  }
}

/** FNV-1a over UTF-16 units: spreads keys over shards, nothing more. */
function hash(key: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    sum = Math.imul(sum ^ key.charCodeAt(index), 0x01000193);
  }
  return sum >>> 0;
}
