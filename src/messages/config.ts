import type { Brand } from '../lib/brand.ts';
import type { Subject, SubjectPattern } from '../subjects/subject.ts';

/** A managed stream's name: also a subject of one token. */
export type StreamName = Brand<Subject & SubjectPattern, 'StreamName'>;

const STREAM_NAME = /^[A-Za-z0-9_-]{1,255}$/;

export function isStreamName(text: string): text is StreamName {
  return STREAM_NAME.test(text);
}

const MESSAGE_ID = /^[ -~]{1,255}$/;
export const MESSAGE_ID_RULE = 'must be 1 to 255 visible characters of ASCII';

export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** Where a mirror or a source takes its messages from: a stream of the same account. */
export interface Origin {
  readonly stream: StreamName;
  /** Take only what this matches. */
  readonly filterSubject: SubjectPattern | undefined;
  /** Where to begin, the first time. Neither: at the origin's first message. */
  readonly startSeq: number | undefined;
  readonly startAtMs: number | undefined;
}

/**
 * All that a user sets of a managed stream. A limit that is undefined does not limit. The meanings
 * are JetStream's, but for `discard: 'new'`, under which every limit refuses, the one per subject too.
 */
export interface ManagedConfig {
  readonly name: StreamName;
  readonly description: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** What it captures. Empty only where messages come from a mirror or sources. */
  readonly subjects: readonly SubjectPattern[];
  /** `memory`: a restart leaves the configuration and the count of sequences, and no message. */
  readonly storage: 'file' | 'memory';
  /** At a limit, make room by dropping the oldest messages, or refuse new ones. */
  readonly discard: 'old' | 'new';
  readonly messagesMax: number | undefined;
  /** Of subjects and bodies. */
  readonly bytesMax: number | undefined;
  /** Nanoseconds. Messages older than that go, whatever `discard` says. */
  readonly maxAgeNs: number | undefined;
  readonly messagesPerSubjectMax: number | undefined;
  /** Of one body. */
  readonly messageBytesMax: number | undefined;
  /** Kept for other engines: this server has no consumers. */
  readonly consumersMax: number | undefined;
  readonly replicas: number;
  /** Nanoseconds for which a message id is remembered. */
  readonly duplicateWindowNs: number;
  /** Copies this stream, sequences and all, and takes nothing else. */
  readonly mirror: Origin | undefined;
  /** Takes what arrives on these streams, besides what is published. */
  readonly sources: readonly Origin[];
  /** Nothing may change any more. */
  readonly sealed: boolean;
  readonly denyDelete: boolean;
  readonly denyPurge: boolean;
}

export const DUPLICATE_WINDOW_NS = 120_000_000_000;
export const NS_PER_MS = 1_000_000;

/** A message about to be stored. The body is the text of one JSON value. */
export interface NewMessage {
  readonly subject: Subject;
  readonly body: Buffer;
}
