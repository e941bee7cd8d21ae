import { must } from '../../../lib/assert.ts';
import { NS_PER_MS, type ManagedConfig } from '../../../messages/config.ts';
import type { Held, StreamView } from '../../../messages/view.ts';
import { subjectMatcher, type Subject } from '../../../subjects/subject.ts';
import type { StoredId } from '../index/message-values.ts';
import { Settling } from '../settling.ts';
import type { Lsn } from '../wal/frame.ts';
import type { Content } from './content.ts';
import type { MessageIds } from './message-ids.ts';
import type { MessagePlace } from './message-place.ts';
import { Milestones } from './milestones.ts';

/** A managed stream after a commit. Its content is shared by the states before and after. */
export interface ManagedState {
  readonly content: Content;
  readonly config: ManagedConfig;
  readonly revision: number;
  readonly ids: MessageIds;
  readonly createdAtMs: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastAtMs: number | undefined;
  readonly messages: number;
  readonly bytes: number;
  readonly subjects: number;
}

/** A commit that is on its way to disk, and what it takes to undo it. */
export interface PendingChange {
  readonly lsn: Lsn;
  /** What the stream is then; undefined: gone. */
  readonly state: ManagedState | undefined;
  readonly added: readonly MessagePlace[];
  readonly removed: readonly Held[];
  readonly messageId: string | undefined;
  /** What it counts for against the bound on unflushed bytes. */
  readonly cost: number;
}

/**
 * What memory holds of a managed stream, or of the name of one. `latest` runs ahead of `durable` by
 * what is pending, and the rules look at it; readers see `durable`.
 */
export class ManagedEntry implements StreamView {
  readonly name: string;
  latest: ManagedState | undefined;
  latestLsn: Lsn;
  durable: ManagedState | undefined;
  durableLsn: Lsn;
  /** The last commit that the index has taken in. */
  checkpointedLsn: Lsn;
  /** What waits for a checkpoint. */
  readonly milestones: Milestones;
  watchers: Set<() => void> | undefined;
  pending: PendingChange[] = [];
  readonly #settling = new Settling();
  #matchersOf: ManagedConfig | undefined;
  #matchers: readonly ((subject: string) => boolean)[] = [];

  constructor(name: string, state: ManagedState | undefined, version: Lsn, milestoneBytes: number) {
    this.name = name;
    this.milestones = new Milestones(milestoneBytes);
    this.latest = state;
    this.durable = state;
    this.latestLsn = version;
    this.durableLsn = version;
    this.checkpointedLsn = version;
  }

  get #state(): ManagedState {
    return must(this.latest, 'rules are asked of a stream that is there');
  }

  get config(): ManagedConfig {
    return this.#state.config;
  }

  get messages(): number {
    return this.#state.messages;
  }

  get bytes(): number {
    return this.#state.bytes;
  }

  get lastSeq(): number {
    return this.#state.lastSeq;
  }

  get lastAtMs(): number | undefined {
    return this.#state.lastAtMs;
  }

  captures(subject: Subject): boolean {
    const { config } = this.#state;
    if (this.#matchersOf !== config) {
      this.#matchers = config.subjects.map(subjectMatcher);
      this.#matchersOf = config;
    }
    for (const matches of this.#matchers) if (matches(subject)) return true;
    return false;
  }

  countOf(subject: Subject): number {
    return this.#state.content.subjects.find(subject)?.count ?? 0;
  }

  lastSeqOf(subject: Subject): number {
    const { content, firstSeq } = this.#state;
    return content.lastSeqOf(subject, firstSeq);
  }

  knownId(id: string): StoredId | undefined {
    const { ids, config, lastAtMs = 0 } = this.#state;
    return ids.find(id, lastAtMs - config.duplicateWindowNs / NS_PER_MS);
  }

  held(seq: number): Held | undefined {
    const { content, firstSeq } = this.#state;
    return seq < firstSeq ? undefined : content.held(seq);
  }

  oldest(fromSeq: number): Held | undefined {
    const { content, firstSeq } = this.#state;
    return content.oldest(Math.max(fromSeq, firstSeq));
  }

  oldestOf(subject: Subject, fromSeq: number): Held | undefined {
    const { content, firstSeq } = this.#state;
    return content.oldestOf(subject, Math.max(fromSeq, firstSeq));
  }

  get isSettled(): boolean {
    return this.latestLsn === this.durableLsn;
  }

  /** Resolves true when `latest` as it is now is durable, false when it was taken back. */
  settle(): Promise<boolean> {
    return this.#settling.wait(this.latestLsn);
  }

  /** A commit changed the stream; it is not on disk yet. */
  push(change: PendingChange): void {
    this.pending.push(change);
    this.latest = change.state;
    this.latestLsn = change.lsn;
  }

  /** The oldest pending commit is on disk: readers may see it. They are told by `announce`. */
  makeDurable(change: PendingChange): void {
    const before = this.durable;
    this.pending.shift();
    this.durable = change.state;
    this.durableLsn = change.lsn;
    this.milestones.add(before, change);
    const { state } = change;
    if (state === undefined || state.content !== before?.content) return;
    // What is not written anywhere is kept for readers only.
    const isInMemory = state.config.storage === 'memory';
    state.content.releaseBefore(isInMemory ? state.firstSeq : this.milestones.keptFrom(state));
  }

  announce(): void {
    this.#settling.stored(this.durableLsn);
    if (this.watchers !== undefined) for (const onChange of [...this.watchers]) onChange();
  }

  /** Nothing pending was stored: what was decided on it is void. */
  takeBack(): void {
    for (let change = this.pending.pop(); change !== undefined; change = this.pending.pop()) {
      undo(change);
    }
    this.latest = this.durable;
    this.latestLsn = this.durableLsn;
    this.#settling.takenBack();
  }
}

function undo({ state, added, removed, messageId, lsn }: PendingChange): void {
  if (state === undefined) return;
  state.content.takeBack({ added, removed, lsn });
  if (messageId !== undefined) state.ids.fresh.delete(messageId);
}
