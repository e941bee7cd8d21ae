import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { Unavailable } from '../files.ts';
import { Arena, viewsOf, type FrameBytes } from './arena.ts';
import { FRAME_HEADER_BYTES, sealFrame, voidFrame, type Lsn } from './frame.ts';
import type { SegmentWriter } from './segment-writer.ts';

/** When a commit counts: after a sync, or after the write with a sync now and then, or never. */
export type FsyncMode =
  | { readonly kind: 'always' }
  | { readonly kind: 'interval'; readonly ms: number }
  | { readonly kind: 'never' };

/** What became of a commit: on disk (as the mode defines it), or certainly not stored. */
export type Settlement = 'stored' | 'full' | 'overloaded' | 'failed';

/** Who has to do with the groups. */
export interface GroupCommitEvents {
  /** Asked before a group is written, which waits for what is answered. */
  pace?(): Promise<void> | undefined;
  /** A write or sync failed: nothing more will be accepted, the process must end. */
  onFailure(error: unknown): void;
  /** A group was written and, in mode `always`, synced. */
  onGroup(commits: number, bytes: number, syncSeconds: number): void;
}

interface Group {
  readonly firstLsn: Lsn;
  readonly frame: FrameBytes;
  readonly settle: ((settlement: Settlement) => void)[];
}

/**
 * The write-ahead log's only door for writers. Commits gather into a group while the group before
 * them is written and synced; then the whole group is one write and one sync, which acknowledges
 * every commit in it. At most one group is in flight, so a group's presence on disk proves that
 * everything before it was written (and, in mode `always`, synced).
 */
export class GroupCommit {
  readonly #segments: SegmentWriter;
  readonly #mode: FsyncMode;
  readonly #events: GroupCommitEvents;
  readonly #arena = new Arena();
  #gathering: Group | undefined;
  #flight: Promise<void> | undefined;
  #isScheduled = false;
  #nextLsn: Lsn;
  /** Where the numbers begin that went to commits refused since the last write. */
  #refusedFrom: Lsn | undefined;
  #writtenLsn: Lsn;
  #syncedLsn: Lsn;
  #failed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(segments: SegmentWriter, lastLsn: Lsn, mode: FsyncMode, events: GroupCommitEvents) {
    this.#segments = segments;
    this.#mode = mode;
    this.#events = events;
    this.#nextLsn = lastLsn + 1;
    this.#writtenLsn = lastLsn;
    this.#syncedLsn = lastLsn;
    if (mode.kind === 'interval') {
      this.#timer = setInterval(() => void this.sync(), mode.ms);
      this.#timer.unref();
    }
  }

  /** The highest commit that is acknowledged and visible. */
  get writtenLsn(): Lsn {
    return this.#writtenLsn;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** The number that the next commit gets. */
  get nextLsn(): Lsn {
    return this.#nextLsn;
  }

  /**
   * Adds a commit of at most `boundBytes` to the gathering group. `encode` writes it into the
   * arena, whose bytes stay in place as long as somebody holds a view of them. Where it throws,
   * nothing is added.
   */
  add(
    boundBytes: number,
    encode: (arena: ByteWriter) => void,
    settle: (settlement: Settlement) => void,
  ): Lsn {
    const lsn = this.#nextLsn;
    const group = (this.#gathering ??= {
      firstLsn: lsn,
      frame: this.#arena.begin(boundBytes),
      settle: [],
    });
    try {
      this.#arena.add(group.frame, boundBytes, encode);
    } catch (error) {
      if (group.settle.length === 0) this.#gathering = undefined;
      throw error;
    }
    group.settle.push(settle);
    this.#nextLsn += 1;
    this.#schedule();
    return lsn;
  }

  /** Resolves when everything acknowledged so far is on disk, whatever the mode. */
  async sync(): Promise<boolean> {
    const lsn = this.#writtenLsn;
    if (this.#failed) return false;
    if (lsn <= this.#syncedLsn) return true;
    try {
      await this.#segments.datasync();
      // A system tells of lost pages once: another sync may have been told, and this one not.
      if (this.failed) return false;
      this.#syncedLsn = Math.max(this.#syncedLsn, lsn);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Writes what is gathering, syncs, and lets go of the file. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#gathering !== undefined || this.#flight !== undefined) {
      await (this.#flight ?? this.#fly());
    }
    await this.sync();
    await this.#segments.close();
  }

  /**
   * A group flies at the end of a turn of the event loop: what has arrived by then goes along, and
   * a loaded server needs fewer, larger groups.
   */
  #schedule(): void {
    if (this.#isScheduled || this.#flight !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#flight === undefined) void this.#fly();
    });
  }

  #fly(): Promise<void> {
    const group = this.#gathering;
    if (group === undefined) return DONE;
    this.#gathering = undefined;
    const written = this.#failed ? FAILED : this.#write(group);
    return (this.#flight = written.then((settlement) => {
      this.#land(group, settlement);
    }));
  }

  #land(group: Group, settlement: Settlement): void {
    this.#flight = undefined;
    if (settlement === 'stored') {
      // Answering a group takes as long as writing the next one: both at once, then.
      void this.#fly();
      this.#show(group);
    } else this.#drop(group, settlement);
  }

  /** Commits become visible one by one, and a checkpoint may begin between two of them. */
  #show(group: Group): void {
    this.#writtenLsn = group.firstLsn - 1;
    for (const settle of group.settle) {
      this.#writtenLsn += 1;
      settle('stored');
    }
  }

  async #write({ firstLsn: ownLsn, frame, settle }: Group): Promise<Settlement> {
    const regions = viewsOf(frame);
    const commits = settle.length;
    try {
      const pause = this.#events.pace?.();
      if (pause !== undefined) await pause;
      const firstLsn = this.#refusedFrom ?? ownLsn;
      const refused = ownLsn - firstLsn;
      const { bodyBytes } = frame;
      const bytes = bodyBytes + FRAME_HEADER_BYTES * (refused > 0 ? 2 : 1);
      await this.#segments.makeRoom(bytes, firstLsn);
      const { salt } = this.#segments;
      const syncedLsn = this.#syncedLsn;
      sealFrame(regions, { bodyBytes, commits, firstLsn: ownLsn, syncedLsn }, salt);
      if (refused > 0) regions.unshift(voidFrame({ commits: refused, firstLsn, syncedLsn }, salt));
      await this.#segments.write(regions, bytes);
      this.#refusedFrom = undefined;
      let syncSeconds = 0;
      if (this.#mode.kind === 'always') {
        const begunMs = performance.now();
        await this.#segments.datasync();
        syncSeconds = (performance.now() - begunMs) / 1000;
        this.#syncedLsn = ownLsn + commits - 1;
      }
      // A sync that was none of this group's may have failed meanwhile.
      if (this.#failed) return 'failed';
      this.#events.onGroup(commits, bytes, syncSeconds);
      return 'stored';
    } catch (error) {
      if (error instanceof Unavailable) return error.reason;
      this.#fail(error);
      return 'failed';
    }
  }

  /** The group is not stored, and what gathered meanwhile was decided on top of it. */
  #drop(group: Group, settlement: Settlement): void {
    const gathered = this.#gathering;
    this.#gathering = undefined;
    this.#refusedFrom ??= group.firstLsn;
    settleAll(group, settlement);
    if (gathered !== undefined) settleAll(gathered, settlement);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#events.onFailure(error);
  }
}

const DONE = Promise.resolve();
const FAILED = Promise.resolve<Settlement>('failed');

function settleAll(group: Group, settlement: Settlement): void {
  for (const settle of group.settle) settle(settlement);
}
