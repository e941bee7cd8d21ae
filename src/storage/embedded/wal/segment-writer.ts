import { join } from 'node:path';
import { OneByOne } from '../../../lib/one-by-one.ts';
import { asUnavailable, Unavailable, type Files, type OpenFile } from '../files.ts';
import { writeAll } from '../write-all.ts';
import type { Lsn } from './frame.ts';
import {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentSalt,
  SPARE_NAME,
} from './segment.ts';

/** A segment that is complete; it may go when everything in it is in the index. */
export interface SealedSegment {
  readonly number: number;
  readonly lastLsn: Lsn;
}

export interface SegmentSettings {
  readonly directory: string;
  readonly folderId: number;
  /** The folder's: every segment has one made of it. */
  readonly salt: number;
  /** A segment is sealed when the next frame would not fit in this; a larger frame has its own. */
  readonly segmentBytes: number;
}

interface OpenSegment {
  readonly number: number;
  readonly salt: number;
  readonly file: OpenFile;
  end: number;
  /** Its name is on disk. Nothing may be acknowledged that only an unsafe name leads to. */
  isNamed: boolean;
}

const ZEROS = Buffer.alloc(1 << 20);

/**
 * Writes frames to the current segment and begins a new one when it is full. A spare file, its
 * blocks allocated, waits for that: a sync of overwritten bytes takes half as long as a sync that
 * has to extend the file. A released segment becomes the next spare.
 */
export class SegmentWriter {
  readonly #files: Files;
  readonly #settings: SegmentSettings;
  #current: OpenSegment | undefined;
  #nextNumber: number;
  #sealed: SealedSegment[];
  #spare: 'none' | 'ready' = 'none';
  /** Names change one after another: who rolls must not find the spare replaced by who releases. */
  readonly #renaming = new OneByOne();
  /** Until the directory is synced, a name that was given up may still lead to the spare. */
  #hasUnsyncedNames = false;
  /** A sync has failed: what it should have made safe never will be, so nothing may rest on it. */
  #failure: Error | undefined;

  constructor(
    files: Files,
    settings: SegmentSettings,
    resume: { sealed: readonly SealedSegment[]; nextNumber: number },
  ) {
    this.#files = files;
    this.#settings = settings;
    this.#sealed = [...resume.sealed];
    this.#nextNumber = resume.nextNumber;
  }

  /** What the frames of the current segment are sealed with. */
  get salt(): number {
    return this.#open().salt;
  }

  /** Bytes in segments that are not released yet. */
  get bytesHeld(): number {
    return this.#sealed.length * this.#settings.segmentBytes + (this.#current?.end ?? 0);
  }

  /** Makes sure that the next write, which begins with `firstLsn`, has a segment to go to. */
  async makeRoom(bytes: number, firstLsn: Lsn): Promise<void> {
    this.#expectWell();
    const current = this.#current;
    const isEmpty = current?.end === SEGMENT_HEADER_BYTES;
    const fits = isEmpty || (current?.end ?? Infinity) + bytes <= this.#settings.segmentBytes;
    if (!fits) await this.#renaming.run(() => this.#roll(firstLsn));
    if (this.#current?.isNamed === false) await this.#renaming.run(() => this.#syncNames());
  }

  /** Writes a whole frame or throws; after a full disk the next frame goes to the same place. */
  async write(regions: readonly Buffer[], bytes: number): Promise<void> {
    this.#expectWell();
    const segment = this.#open();
    try {
      await writeAll(segment.file, regions, segment.end);
    } catch (error) {
      if (error instanceof Unavailable && error.bytesWritten > 0) await this.#spoil(segment);
      throw error;
    }
    segment.end += bytes;
  }

  async datasync(): Promise<void> {
    if (this.#current !== undefined) await this.#sync(this.#current.file);
  }

  /** Lets go of sealed segments whose commits are all at or below `lsn` and safe elsewhere. */
  async release(lsn: Lsn): Promise<void> {
    while (await this.#renaming.run(() => this.#releaseOldest(lsn)));
  }

  async close(): Promise<void> {
    await this.#renaming.idle();
    await this.#current?.file.close();
    this.#current = undefined;
  }

  /**
   * A frame that was cut short is refused, and a restart must not find it: the bytes that it lacks
   * may stand in the file already, left there by others or as zeros.
   */
  async #spoil({ file, end }: OpenSegment): Promise<void> {
    try {
      await writeAll(file, [ZEROS.subarray(0, 1)], end);
      await this.#sync(file);
    } catch (error) {
      throw new Error('a refused frame stays in the log', { cause: error });
    }
  }

  async #releaseOldest(lsn: Lsn): Promise<boolean> {
    this.#expectWell();
    const { directory } = this.#settings;
    const [oldest] = this.#sealed;
    if (oldest === undefined || oldest.lastLsn > lsn) return false;
    // One segment always stays: a log folder without any means that somebody lost it.
    if (this.#current === undefined && this.#sealed.length === 1) return false;
    // Segments go in their order on disk too, or one in the middle would seem to be lost.
    if (this.#hasUnsyncedNames) await this.#syncNames();
    const path = join(directory, segmentName(oldest.number));
    const becomesSpare = this.#spare === 'none';
    if (becomesSpare) await this.#name(path, SPARE_NAME);
    else {
      this.#hasUnsyncedNames = true;
      await this.#files.remove(path);
    }
    this.#sealed.shift();
    await this.#syncNames();
    if (becomesSpare) this.#spare = 'ready';
    return true;
  }

  async #roll(firstLsn: Lsn): Promise<void> {
    const { directory, folderId } = this.#settings;
    const sealing = this.#current;
    const number = this.#nextNumber;
    const salt = segmentSalt(this.#settings.salt, number);
    const spare = join(directory, SPARE_NAME);
    // In the modes that sync now and then, what is sealed must not stay behind what follows it.
    if (sealing !== undefined) await this.#sync(sealing.file);
    if (this.#hasUnsyncedNames) await this.#syncNames();
    const header = encodeSegmentHeader({ salt, number, firstLsn, folderId });
    const file = await this.#openSpare(spare);
    try {
      await writeAll(file, [header], 0);
      await this.#sync(file);
      await this.#name(spare, segmentName(number));
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#spare = 'none';
    // From here on the segment is there, so nothing more may go to the one before it.
    this.#current = { number, salt, file, end: SEGMENT_HEADER_BYTES, isNamed: false };
    this.#nextNumber = number + 1;
    if (sealing !== undefined) this.#sealed.push({ number: sealing.number, lastLsn: firstLsn - 1 });
    void this.#renaming.run(() => this.#prepareSpare());
    await sealing?.file.close();
    await this.#syncNames();
  }

  async #name(path: string, name: string): Promise<void> {
    this.#hasUnsyncedNames = true;
    try {
      await this.#files.rename(path, join(this.#settings.directory, name));
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  #expectWell(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #sync(file: OpenFile): Promise<void> {
    this.#expectWell();
    try {
      await file.datasync();
    } catch (error) {
      this.#failure = new Error('the log could not be synced', { cause: error });
      throw this.#failure;
    }
  }

  async #syncNames(): Promise<void> {
    this.#expectWell();
    try {
      await this.#files.syncDirectory(this.#settings.directory);
    } catch (error) {
      const reason = asUnavailable(error);
      if (reason instanceof Unavailable && reason.reason === 'overloaded') throw reason;
      this.#failure = new Error('the names of segments could not be synced', { cause: error });
      throw this.#failure;
    }
    this.#hasUnsyncedNames = false;
    if (this.#current !== undefined) this.#current.isNamed = true;
  }

  async #openSpare(path: string): Promise<OpenFile> {
    try {
      return await (this.#spare === 'ready' ? this.#files.open(path) : this.#files.create(path));
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** Failing here costs nothing but speed: the next segment then grows as it is written. */
  async #prepareSpare(): Promise<void> {
    if (this.#spare !== 'none' || this.#hasUnsyncedNames) return;
    const path = join(this.#settings.directory, SPARE_NAME);
    try {
      const file = await this.#files.create(path);
      try {
        for (let at = 0; at < this.#settings.segmentBytes; at += ZEROS.length) {
          const room = this.#settings.segmentBytes - at;
          await writeAll(file, [room < ZEROS.length ? ZEROS.subarray(0, room) : ZEROS], at);
        }
        await file.datasync();
      } finally {
        await file.close();
      }
      this.#spare = 'ready';
    } catch {
      // The next roll begins with an empty file.
    }
  }

  #open(): OpenSegment {
    if (this.#current === undefined) throw new Error('invariant broken: no segment is open');
    return this.#current;
  }
}
