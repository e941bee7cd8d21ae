import type { Subject } from '../subjects/subject.ts';
import { NS_PER_MS, type NewMessage } from './config.ts';
import type { Declined } from './declined.ts';
import { Room } from './room.ts';
import { sizeOf, type Held, type StreamView } from './view.ts';

/** What is asked to be published, all of it or nothing. */
export interface PublishRequest {
  readonly messages: readonly NewMessage[];
  readonly nowMs: number;
  /** Within the duplicate window, the same id again is answered with the first one's sequence. */
  readonly messageId: string | undefined;
  readonly expectedLastSeq: number | undefined;
  /** Of the one subject that the messages are on. 0: it must have none. */
  readonly expectedLastSubjectSeq: number | undefined;
  /** Set for copies from another stream, which need not be on a captured subject. */
  readonly copy: Copy | undefined;
  /** Undefined: the account is not limited. */
  readonly accountRoom?: AccountRoom;
}

/** What an account may still store. */
export interface AccountRoom {
  /** Of all its streams. */
  readonly bytesMax: number;
  readonly bytesLeft: number;
}

/** A publish that asks for nothing but to be carried out. */
export const UNCONDITIONAL = {
  messageId: undefined,
  expectedLastSeq: undefined,
  expectedLastSubjectSeq: undefined,
  copy: undefined,
} as const;

export type Copy =
  | { readonly kind: 'source' }
  /** What only a mirror takes: messages with their sequences and times, both ascending. */
  | {
      readonly kind: 'mirror';
      readonly seqs: readonly number[];
      readonly times: readonly number[];
    };

export type PublishDecision =
  | {
      readonly kind: 'publish';
      /** When the last message came, and all others unless they have times of their own. */
      readonly atMs: number;
      /** Of a mirror's messages; empty otherwise. */
      readonly times: readonly number[];
      /** One a message, ascending. */
      readonly seqs: readonly number[];
      /** What goes to make room; earlier messages of the same request may be among it. */
      readonly dropped: readonly Held[];
    }
  /** The id was given to an earlier message. */
  | { readonly kind: 'duplicate'; readonly seq: number }
  | { readonly kind: 'declined'; readonly declined: Declined };

/**
 * Whether a stream takes messages, and what goes for them. A batch is what its messages are one after
 * another, in one step.
 */
export function decidePublish(view: StreamView, request: PublishRequest): PublishDecision {
  const { config } = view;
  if (config.sealed) return declined({ code: 'sealed' });
  if (config.mirror !== undefined && request.copy?.kind !== 'mirror') {
    return declined({ code: 'mirror' });
  }
  // Somebody else has copied these meanwhile.
  if (request.copy?.kind === 'mirror' && (request.copy.seqs[0] ?? 0) <= view.lastSeq) {
    return declined({ code: 'conflict' });
  }
  const known = request.messageId === undefined ? undefined : view.knownId(request.messageId);
  const windowMs = config.duplicateWindowNs / NS_PER_MS;
  if (known !== undefined && request.nowMs - known.atMs < windowMs) {
    return { kind: 'duplicate', seq: known.seq };
  }
  const unmet = unmetExpectation(view, request);
  if (unmet !== undefined) return declined(unmet);
  return admit(view, request);
}

function unmetExpectation(view: StreamView, request: PublishRequest): Declined | undefined {
  const { expectedLastSeq, expectedLastSubjectSeq, messages } = request;
  if (expectedLastSeq !== undefined && expectedLastSeq !== view.lastSeq) {
    return { code: 'wrong-last-sequence', expected: expectedLastSeq, actual: view.lastSeq };
  }
  if (expectedLastSubjectSeq === undefined) return undefined;
  const [first] = messages;
  if (first === undefined || messages.some(({ subject }) => subject !== first.subject)) {
    return { code: 'several-subjects' };
  }
  const actual = view.lastSeqOf(first.subject);
  if (actual === expectedLastSubjectSeq) return undefined;
  return { code: 'wrong-last-sequence', expected: expectedLastSubjectSeq, actual };
}

function admit(view: StreamView, request: PublishRequest): PublishDecision {
  const { messageBytesMax } = view.config;
  const { copy, accountRoom } = request;
  const mirrored = copy?.kind === 'mirror' ? copy : undefined;
  // Times never go back within a stream, whatever a clock does.
  let atMs = Math.max(mirrored === undefined ? request.nowMs : 0, view.lastAtMs ?? 0);
  const times: number[] = [];
  const room = new Room(view);
  const seqs: number[] = [];
  let nextSeq = view.lastSeq + 1;
  let growth = 0;
  let index = -1;
  for (const { subject, body } of request.messages) {
    index += 1;
    if (copy === undefined && !view.captures(subject)) {
      return declined({ code: 'subject-not-captured', subject });
    }
    if (messageBytesMax !== undefined && body.length > messageBytesMax) {
      return declined({ code: 'message-too-large', bytesMax: messageBytesMax });
    }
    const seq = mirrored?.seqs[index] ?? nextSeq;
    nextSeq = seq + 1;
    if (mirrored !== undefined) {
      atMs = Math.max(atMs, mirrored.times[index] ?? 0);
      times.push(atMs);
    }
    seqs.push(seq);
    if (accountRoom !== undefined) growth += sizeOf(subject, body.length);
    if (!room.isLimited) continue;
    const refusal = room.add(heldOf(seq, subject, atMs, body.length));
    if (refusal !== undefined) return declined(refusal);
  }
  for (const { bytes } of room.dropped) growth -= bytes;
  if (accountRoom !== undefined && growth > 0 && growth > accountRoom.bytesLeft) {
    return declined({ code: 'too-many-bytes-of-account', bytesMax: accountRoom.bytesMax });
  }
  return { kind: 'publish', atMs, times, seqs, dropped: room.dropped };
}

function heldOf(seq: number, subject: Subject, createdAtMs: number, bodyBytes: number): Held {
  return { seq, subject, createdAtMs, bytes: sizeOf(subject, bodyBytes) };
}

function declined(reason: Declined): PublishDecision {
  return { kind: 'declined', declined: reason };
}
