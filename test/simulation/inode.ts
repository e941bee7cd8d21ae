import type { Random } from '../support/random.ts';

type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number };

const SECTOR_BYTES = 512;

/**
 * A file's bytes: `cache` as processes see them, `disk` as a power loss would leave them at least,
 * and the changes between the two, of which a power loss keeps any subset of bytes.
 */
export class Inode {
  #cache: Buffer = Buffer.alloc(0);
  #disk: Buffer = Buffer.alloc(0);
  #unsynced: Change[] = [];
  #changesBefore = 0;
  #lastWrites: { readonly from: number; readonly to: number }[] = [];

  get size(): number {
    return this.#cache.length;
  }

  /** Names the changes made so far, for a sync that covers no later ones. */
  get changeCount(): number {
    return this.#changesBefore + this.#unsynced.length;
  }

  get bytes(): Buffer {
    return this.#cache;
  }

  /** Whether one of the last writes holds all of a range: then it has its space already. */
  wasJustWritten(at: number, length: number): boolean {
    return this.#lastWrites.some(({ from, to }) => from <= at && at + length <= to);
  }

  read(into: Buffer, position: number): number {
    return position >= this.size ? 0 : this.#cache.copy(into, 0, position);
  }

  write(at: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const copy = Buffer.from(bytes);
    this.#cache = overlay(this.#cache, at, copy);
    this.#unsynced.push({ kind: 'write', at, bytes: copy });
    this.#lastWrites = [...this.#lastWrites.slice(-7), { from: at, to: at + copy.length }];
  }

  truncate(size: number): void {
    this.#cache = resize(this.#cache, size);
    this.#unsynced.push({ kind: 'truncate', size });
  }

  sync(changeCount: number): void {
    for (const change of this.#takeUnsynced(changeCount)) {
      this.#disk =
        change.kind === 'truncate'
          ? resize(this.#disk, change.size)
          : overlay(this.#disk, change.at, change.bytes);
    }
  }

  /**
   * A sync that fails: some of it reached the disk, and the rest never will, for the system takes
   * its pages for clean from now on. It may forget them or go on showing them.
   */
  failSync(changeCount: number, random: Random): void {
    this.#disk = survivors(this.#disk, this.#takeUnsynced(changeCount), random);
    if (!random.chance(0.3)) return;
    let shown: Buffer = Buffer.from(this.#disk);
    for (const change of this.#unsynced) {
      shown =
        change.kind === 'truncate'
          ? resize(shown, change.size)
          : overlay(shown, change.at, change.bytes);
    }
    this.#cache = shown;
  }

  losePower(random: Random): void {
    this.#disk = survivors(this.#disk, this.#takeUnsynced(this.changeCount), random);
    this.#cache = Buffer.from(this.#disk);
  }

  #takeUnsynced(changeCount: number): Change[] {
    const taken = this.#unsynced.splice(0, Math.max(0, changeCount - this.#changesBefore));
    this.#changesBefore += taken.length;
    return taken;
  }
}

/** What a disk may hold of `changes` to `base`: any subset of bytes, and a length of its own. */
function survivors(base: Buffer, changes: readonly Change[], random: Random): Buffer {
  if (changes.length === 0) return base;
  let content: Buffer = Buffer.from(base);
  const lengths = [base.length];
  let length = base.length;
  for (const change of changes) {
    if (change.kind === 'truncate') {
      length = change.size;
      if (random.chance(0.5)) content = resize(content, change.size);
    } else {
      length = Math.max(length, change.at + change.bytes.length);
      for (const [from, to] of survivingRanges(change.bytes.length, random)) {
        content = overlay(content, change.at + from, change.bytes.subarray(from, to));
      }
    }
    lengths.push(length);
  }
  return random.chance(0.5) ? content : resize(content, random.pick(lengths) ?? length);
}

function survivingRanges(length: number, random: Random): (readonly [number, number])[] {
  switch (random.below(6)) {
    case 0:
      return [];
    case 1:
      return [[0, length]];
    case 2:
      return [[0, random.between(0, length)]];
    case 3:
      return [[random.between(0, length), length]];
    case 4:
      return pieces(length, SECTOR_BYTES).filter(() => random.chance(0.5));
    default:
      return pieces(length, random.between(1, length)).filter(() => random.chance(0.5));
  }
}

function pieces(length: number, size: number): (readonly [number, number])[] {
  const cuts: (readonly [number, number])[] = [];
  for (let from = 0; from < length; from += size) cuts.push([from, Math.min(length, from + size)]);
  return cuts;
}

function overlay(base: Buffer, at: number, bytes: Buffer): Buffer {
  const grown = resize(base, Math.max(base.length, at + bytes.length));
  bytes.copy(grown, at);
  return grown;
}

function resize(base: Buffer, size: number): Buffer {
  if (size === base.length) return base;
  const resized = Buffer.alloc(size);
  base.copy(resized, 0, 0, size);
  return resized;
}
