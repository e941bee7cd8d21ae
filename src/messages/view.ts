import type { Subject } from '../subjects/subject.ts';
import type { ManagedConfig } from './config.ts';

/** What limits count of a stored message. */
export interface Held {
  readonly seq: number;
  readonly subject: Subject;
  readonly createdAtMs: number;
  /** Of subject and body. */
  readonly bytes: number;
}

/** A managed stream as the rules look at it, with all that is decided but not yet durable. */
export interface StreamView {
  readonly config: ManagedConfig;
  readonly messages: number;
  readonly bytes: number;
  readonly lastSeq: number;
  readonly lastAtMs: number | undefined;
  captures(subject: Subject): boolean;
  countOf(subject: Subject): number;
  /** 0: the subject has no message. */
  lastSeqOf(subject: Subject): number;
  /** The message that an id was first given to, if that is remembered. */
  knownId(id: string): { readonly seq: number; readonly atMs: number } | undefined;
  held(seq: number): Held | undefined;
  /** The oldest message of at least this sequence. */
  oldest(fromSeq: number): Held | undefined;
  oldestOf(subject: Subject, fromSeq: number): Held | undefined;
}

/** What a message counts for. */
export function sizeOf(subject: Subject, bodyBytes: number): number {
  return Buffer.byteLength(subject) + bodyBytes;
}
