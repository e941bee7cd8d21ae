import type { Index, IndexBatch, IndexRange } from '../../src/storage/embedded/index/index.ts';
import type { Random } from '../support/random.ts';
import type { Calls } from './calls.ts';
import { systemError } from './disk.ts';

/** Keys and values in the order of the keys' bytes. Keys are kept as latin1 text, which sorts so. */
export class OrderedMap {
  #keys: string[] = [];
  #values = new Map<string, Buffer>();

  static copyOf(other: OrderedMap): OrderedMap {
    const copy = new OrderedMap();
    copy.#keys = [...other.#keys];
    copy.#values = new Map(other.#values);
    return copy;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#values.get(key.toString('latin1'));
  }

  apply({ puts, deletes }: IndexBatch): void {
    for (const { key, value } of puts) {
      const text = key.toString('latin1');
      if (!this.#values.has(text)) this.#keys.splice(this.#findFirst(text), 0, text);
      this.#values.set(text, value);
    }
    for (const key of deletes) {
      const text = key.toString('latin1');
      if (this.#values.delete(text)) this.#keys.splice(this.#findFirst(text), 1);
    }
  }

  keys(from: Buffer, to: Buffer): string[] {
    const first = this.#findFirst(from.toString('latin1'));
    return this.#keys.slice(first, this.#findFirst(to.toString('latin1')));
  }

  entry(key: string): { key: Buffer; value: Buffer } {
    return {
      key: Buffer.from(key, 'latin1'),
      value: Buffer.from(this.#values.get(key) ?? Buffer.alloc(0)),
    };
  }

  #findFirst(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The index's bytes on a machine: what is flushed, and the batches after it. */
export class IndexDisk {
  #flushed = new OrderedMap();
  #visible = new OrderedMap();
  #unflushed: IndexBatch[] = [];
  #flushedCount = 0;

  get visible(): OrderedMap {
    return this.#visible;
  }

  get batchCount(): number {
    return this.#flushedCount + this.#unflushed.length;
  }

  commit(batch: IndexBatch): void {
    this.#visible.apply(batch);
    this.#unflushed.push(batch);
  }

  flush(batchCount: number): void {
    const flushed = this.#unflushed.splice(0, Math.max(0, batchCount - this.#flushedCount));
    this.#flushedCount += flushed.length;
    for (const batch of flushed) this.#flushed.apply(batch);
  }

  /** Any prefix of the batches that holds those flushed is left. */
  crash(random: Random, losesPower: boolean): void {
    this.#unflushed.length = random.between(0, this.#unflushed.length);
    if (losesPower) this.flush(this.batchCount);
    this.#visible = OrderedMap.copyOf(this.#flushed);
    for (const batch of this.#unflushed) this.#visible.apply(batch);
  }
}

/** The index as one process sees it. */
export class SimulatedIndex implements Index {
  readonly #disk: IndexDisk;
  readonly #calls: Calls;
  #isClosed = false;

  constructor(disk: IndexDisk, calls: Calls) {
    this.#disk = disk;
    this.#calls = calls;
  }

  get(key: Buffer): Buffer | undefined {
    const value = this.#map.get(key);
    return value && Buffer.from(value);
  }

  range({ from, to, limit }: IndexRange): { key: Buffer; value: Buffer }[] {
    const map = this.#map;
    return map
      .keys(from, to)
      .slice(0, limit)
      .map((key) => map.entry(key));
  }

  keys({ from, to, limit }: IndexRange): Buffer[] {
    return this.#map
      .keys(from, to)
      .slice(0, limit)
      .map((key) => Buffer.from(key, 'latin1'));
  }

  peek<Found>(key: Buffer, read: (value: Buffer) => Found): Found | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const found = read(value);
    // It is nobody's any more.
    value.fill(0xff);
    return found;
  }

  lastKey({ from, to }: { from: Buffer; to: Buffer }): Buffer | undefined {
    const key = this.#map.keys(from, to).at(-1);
    return key === undefined ? undefined : Buffer.from(key, 'latin1');
  }

  commit({ puts, deletes }: IndexBatch): Promise<void> {
    const batch = {
      puts: puts.map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) })),
      deletes: deletes.map((key) => Buffer.from(key)),
    };
    return this.#calls.make({
      kind: 'commit',
      label: `index commit +${puts.length} -${deletes.length}`,
      effect: () => {
        this.#expectOpen();
        this.#disk.commit(batch);
      },
    });
  }

  flush(): Promise<void> {
    const covers = this.#disk.batchCount;
    return this.#calls.make({
      kind: 'flush',
      label: 'index flush',
      effect: () => {
        this.#expectOpen();
        this.#disk.flush(covers);
      },
    });
  }

  close(): Promise<void> {
    return this.#calls.make({
      kind: 'other',
      label: 'index close',
      effect: () => {
        this.#isClosed = true;
      },
    });
  }

  get #map(): OrderedMap {
    this.#expectOpen();
    return this.#disk.visible;
  }

  #expectOpen(): void {
    if (this.#isClosed) throw systemError('EBADF');
  }
}
