import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { ManagedConfig } from '../messages/config.ts';
import type { Declined } from '../messages/declined.ts';
import type { PublishRequest } from '../messages/publish.ts';
import type { RemoveCause } from '../messages/remove.ts';
import type { Subject, SubjectPattern } from '../subjects/subject.ts';
import type { CommitOutcome, Op } from './port.ts';

/** A message as it is stored. The body is the text of one JSON value. */
export interface StoredMessage {
  readonly seq: number;
  readonly subject: Subject;
  readonly createdAtMs: number;
  readonly body: Buffer;
}

/** A managed stream as readers may see it. */
export interface ManagedHead {
  /** The name in the store: the account's and the stream's. */
  readonly name: string;
  /** Tells the streams apart that have had this name. */
  readonly incarnation: string;
  /** Grows with every configuration. */
  readonly revision: number;
  readonly config: ManagedConfig;
  readonly createdAtMs: number;
  readonly messages: number;
  /** Of subjects and bodies. */
  readonly bytes: number;
  /** Of the oldest message; one more than `lastSeq` when there is none. */
  readonly firstSeq: number;
  /** Of the newest message there ever was; 0 when there was none. Never goes back. */
  readonly lastSeq: number;
  /** When the newest message came, undefined when none ever did. */
  readonly lastAtMs: number | undefined;
  /** How many subjects have a message. */
  readonly subjects: number;
}

export interface ConfigureRequest {
  readonly config: ManagedConfig;
  /** The revision that the configuration was made from; 0: the stream must not be there. */
  readonly expected: number;
  readonly nowMs: number;
}

type Refused = Extract<CommitOutcome, { kind: 'refused' } | { kind: 'conflict' }>;

export type ChangeOutcome<Done> =
  | Done
  /** Nothing changed; what it rests on is durable. */
  | { readonly kind: 'declined'; readonly declined: Declined }
  | Refused;

export type ConfigureOutcome = ChangeOutcome<{
  readonly kind: 'configured';
  readonly head: ManagedHead;
}>;

/** `seq`: of the last message. `duplicate`: the id was known, `seq` is of then. */
export type PublishOutcome = ChangeOutcome<
  | { readonly kind: 'published'; readonly firstSeq: number; readonly lastSeq: number }
  | { readonly kind: 'duplicate'; readonly seq: number }
>;

export type RemoveOutcome = ChangeOutcome<{ readonly kind: 'removed'; readonly count: number }>;

export interface FindRequest {
  /** Messages from this sequence on. */
  readonly fromSeq: number;
  /** Only what this matches. Undefined: all. */
  readonly filter: SubjectPattern | undefined;
  readonly messagesMax: number;
  /** Of bodies. The first message always comes. */
  readonly bytesMax: number;
}

export type FindOutcome =
  /**
   * Ascending. Everything up to `throughSeq` was considered, so that is where to go on; it is
   * `lastSeq` of the stream when all was. A find may end early, with few messages or none: how much
   * one of them looks at is bounded.
   */
  | {
      readonly kind: 'found';
      readonly messages: readonly StoredMessage[];
      readonly throughSeq: number;
    }
  | { readonly kind: 'absent' }
  /** Stored bytes do not match their checksum. */
  | { readonly kind: 'corrupt' };

export interface SubjectCount {
  readonly subject: Subject;
  readonly messages: number;
}

/**
 * Stores managed streams: messages on subjects, numbered from 1, within limits that the store keeps
 * by itself. Names are the caller's; those of one account begin with the same prefix, up to and with
 * a zero byte, and their subjects never overlap.
 *
 * Changes are durable and visible when they resolve, and never reject. Reads see what is durable.
 */
export interface MessageStore {
  /**
   * All managed streams whose name begins with `prefix`, sorted by name. Throws `DataCorrupt` where
   * one of them cannot be read: a list without it would say that its name and subjects are free.
   */
  managedStreams(prefix: string): readonly ManagedHead[];
  /** Those of them that can be read, for work that a damaged one must not keep from the others. */
  readableStreams(prefix: string): readonly ManagedHead[];
  managed(name: string): ManagedHead | undefined;
  /** Creates or reconfigures. What is beyond a lowered limit is for `enforce` to drop. */
  configure(name: string, request: ConfigureRequest): Promise<ConfigureOutcome>;
  /** All of the messages and the ops alongside, or none. */
  publish(
    name: string,
    request: PublishRequest,
    alongside?: readonly Op[],
  ): Promise<PublishOutcome>;
  /** Those of the sequences that are there, unless the configuration denies it. */
  removeMessages(name: string, seqs: readonly number[], cause: RemoveCause): Promise<RemoveOutcome>;
  /** All messages at once, however many. */
  clear(name: string): Promise<RemoveOutcome>;
  /** Drops what is too old or too much, at most `messagesMax` of it; `count` 0: nothing is. */
  enforce(name: string, nowMs: number, messagesMax: number): Promise<RemoveOutcome>;
  dropManaged(name: string): Promise<RemoveOutcome>;
  message(name: string, seq: number): MaybePromise<FindOutcome>;
  find(name: string, request: FindRequest): MaybePromise<FindOutcome>;
  /** Subjects that match, in no order, and how many messages each has; at most `limit`. */
  subjectCounts(
    name: string,
    filter: SubjectPattern,
    limit: number,
  ): MaybePromise<readonly SubjectCount[]>;
  /** Calls back after each durable change of the stream, its end too, until cancelled. */
  watchManaged(name: string, onChange: () => void): () => void;
}
