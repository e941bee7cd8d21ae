import type { Origin } from '../messages/config.ts';
import { UNCONDITIONAL, type PublishRequest } from '../messages/publish.ts';
import type { LogStore } from '../storage/port.ts';
import type {
  FindOutcome,
  ManagedHead,
  MessageStore,
  StoredMessage,
} from '../storage/message-port.ts';
import { MovingDocument } from '../storage/documents.ts';
import { CURSOR_FORM, type Cursor } from './cursor.ts';
import { firstSince } from './first-since.ts';
import { originName, sourceCursorName } from './names.ts';

/** How much one commit copies. */
const MESSAGES_PER_COPY = 1000;
const BYTES_PER_COPY = 1 << 20;

export interface CopierParts {
  readonly logs: LogStore;
  readonly messages: MessageStore;
  readonly nowMs: () => number;
}

/**
 * `copied`: there may be more at once. `done`: there is no more for now. `blocked`: the copy cannot
 * take it; it is to be tried again.
 */
export type CopyOutcome = 'copied' | 'done' | 'blocked' | 'gone';

type Found = Extract<FindOutcome, { kind: 'found' }>;

/** `moved`: another copy came first. `declined`: of the target, `refused`: of the store. */
type StoreOutcome = 'copied' | 'moved' | 'declined' | 'refused';

/** Carries messages from one stream to another, once each, whatever happens in between. */
export class Copier {
  readonly #parts: CopierParts;
  readonly #target: string;
  readonly #targetIncarnation: string;
  readonly #origin: Origin;
  readonly #isMirror: boolean;
  readonly #originName: string;
  #cursor: MovingDocument<Cursor> | undefined;
  /** Nothing up to here needs to be looked at again. */
  #seenThrough: Cursor | undefined;

  constructor(parts: CopierParts, target: ManagedHead, origin: Origin) {
    this.#parts = parts;
    this.#target = target.name;
    this.#targetIncarnation = target.incarnation;
    this.#origin = origin;
    this.#isMirror = target.config.mirror !== undefined;
    this.#originName = originName(target.name, origin.stream);
  }

  /** Copies a part of what is there. */
  async step(): Promise<CopyOutcome> {
    const { messages } = this.#parts;
    const target = messages.managed(this.#target);
    const origin = messages.managed(this.#originName);
    if (target?.incarnation !== this.#targetIncarnation) return 'gone';
    if (origin === undefined) return 'done';
    const fromSeq = await this.#next(target, origin);
    if (fromSeq > origin.lastSeq) return 'done';
    const found = await messages.find(this.#originName, {
      fromSeq,
      filter: this.#origin.filterSubject,
      messagesMax: MESSAGES_PER_COPY,
      bytesMax: BYTES_PER_COPY,
    });
    if (found.kind === 'absent') return 'done';
    if (found.kind === 'corrupt') return 'blocked';
    // Another stream may have taken the name since; what was read may be of either.
    if (!this.#isStillThere(target)) return 'gone';
    if (!this.#isStillThere(origin)) return 'copied';
    const { incarnation } = origin;
    const { outcome, throughSeq } = await this.#storeWhatFits(target, found, incarnation);
    if (outcome !== 'copied') {
      // Decided on what may not be so any more: begin again from what is stored.
      this.#seenThrough = undefined;
      return outcome === 'moved' ? 'copied' : 'blocked';
    }
    this.#seenThrough = { incarnation, seq: throughSeq };
    return throughSeq < origin.lastSeq ? 'copied' : 'done';
  }

  #isStillThere({ name, incarnation }: ManagedHead): boolean {
    return this.#parts.messages.managed(name)?.incarnation === incarnation;
  }

  /** Where to read on in the origin. */
  async #next(target: ManagedHead, origin: ManagedHead): Promise<number> {
    const seen = this.#seenThrough;
    if (seen?.incarnation === origin.incarnation) return seen.seq + 1;
    // A mirror's sequences are its origin's, so it is its own cursor.
    if (this.#isMirror) {
      return target.lastSeq > 0 ? target.lastSeq + 1 : this.#first(origin);
    }
    const { logs } = this.#parts;
    this.#cursor = await MovingDocument.load(logs, this.#cursorName(target), CURSOR_FORM);
    const { at } = this.#cursor;
    if (at === undefined) return this.#first(origin);
    // What was deleted and made anew is another stream, all of which is new.
    return at.incarnation === origin.incarnation ? at.seq + 1 : 1;
  }

  #cursorName(target: ManagedHead): string {
    return sourceCursorName(target.name, target.incarnation, this.#origin.stream);
  }

  /** Where the configuration says to begin. */
  async #first(origin: ManagedHead): Promise<number> {
    const { startSeq, startAtMs } = this.#origin;
    if (startSeq !== undefined) return startSeq;
    if (startAtMs === undefined) return 1;
    const range = { first: origin.firstSeq, tail: origin.lastSeq + 1 };
    return await firstSince(this.#parts.messages, this.#originName, range, startAtMs);
  }

  /** A target that declines all of it may have room for the first ones. */
  async #storeWhatFits(
    target: ManagedHead,
    found: Found,
    incarnation: string,
  ): Promise<{ readonly outcome: StoreOutcome; readonly throughSeq: number }> {
    let { messages, throughSeq } = found;
    for (;;) {
      if (messages.length === 0) return { outcome: 'copied', throughSeq };
      const outcome = await this.#store(target, messages, { incarnation, seq: throughSeq });
      if (outcome !== 'declined' || messages.length === 1) return { outcome, throughSeq };
      messages = messages.slice(0, messages.length >> 1);
      throughSeq = messages.at(-1)?.seq ?? throughSeq;
    }
  }

  async #store(
    target: ManagedHead,
    found: readonly StoredMessage[],
    cursor: Cursor,
  ): Promise<StoreOutcome> {
    const { logs, messages, nowMs } = this.#parts;
    const request: PublishRequest = {
      ...UNCONDITIONAL,
      messages: found,
      nowMs: nowMs(),
      copy: this.#isMirror
        ? {
            kind: 'mirror',
            seqs: found.map(({ seq }) => seq),
            times: found.map(({ createdAtMs }) => createdAtMs),
          }
        : { kind: 'source' },
    };
    const moves = this.#cursor === undefined ? [] : [this.#cursor.moveTo(cursor)];
    const outcome = await messages.publish(target.name, request, moves);
    if (outcome.kind === 'published') {
      await this.#cursor?.reload(logs);
      return 'copied';
    }
    if (outcome.kind !== 'declined') return outcome.kind === 'conflict' ? 'moved' : 'refused';
    return outcome.declined.code === 'conflict' ? 'moved' : 'declined';
  }
}
