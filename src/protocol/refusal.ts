import type { Position } from './offset.ts';

/** What is wrong with a request's credentials. */
export type UnauthorizedReason =
  /** There are none. */
  | 'missing'
  /** There is more than one, and none to prefer. */
  | 'several'
  /** They are unknown here, revoked, not meant for here, or not what they claim to be. */
  | 'invalid'
  | 'expired';

/**
 * Why a request was not carried out: a code with its data. Nobody decides on a message's text;
 * `http/problem.ts` turns each into a status, headers and words, in one exhaustive switch.
 */
export type Refusal =
  // The request itself.
  | { code: 'invalid-path'; reason: string }
  | { code: 'invalid-header'; header: string; reason: string }
  | { code: 'invalid-query'; parameter: string; reason: string }
  | { code: 'invalid-json'; at: number }
  | { code: 'json-too-deep'; at: number; depthMax: number }
  | { code: 'invalid-utf8' }
  | { code: 'too-many-messages'; messagesMax: number }
  | { code: 'empty-append' }
  | { code: 'content-type-missing' }
  | { code: 'content-encoding-unsupported'; encoding: string }
  | { code: 'body-too-large'; bytesMax: number }
  | { code: 'body-incomplete' }
  | { code: 'method-not-allowed'; allow: string }
  | { code: 'not-found' }
  // Who asks.
  | { code: 'unauthorized'; reason: UnauthorizedReason }
  | { code: 'forbidden'; scope: string }
  | { code: 'too-many-requests'; requestsPerSecondMax: number; retryAfterSeconds: number }
  | { code: 'too-many-live-readers-of-account'; liveReadersMax: number }
  | { code: 'too-many-streams-of-account'; streamsMax: number }
  | { code: 'too-many-bytes-of-account'; bytesMax: number }
  | { code: 'credentials-unverifiable' }
  // What it met.
  | { code: 'bucket-not-found'; bucket: string }
  | { code: 'bucket-not-empty'; bucket: string }
  /** `madeAt`: where a stream is made that is here, if not here. */
  | { code: 'stream-not-found'; madeAt?: string }
  | { code: 'stream-gone' }
  | { code: 'stream-differs'; what: string }
  | { code: 'path-held-by-forks' }
  | { code: 'stream-closed'; tail: Position }
  | { code: 'content-type-differs'; expected: string }
  | { code: 'stream-seq-regressed'; last: string }
  | { code: 'precondition-failed'; tag: string | undefined }
  | { code: 'producer-fenced'; currentEpoch: number }
  | { code: 'producer-gap'; expected: number; received: number }
  | { code: 'producer-epoch-must-start-at-zero'; received: number }
  | { code: 'too-many-producers'; producersMax: number }
  | { code: 'fork-source-not-found' }
  | { code: 'fork-source-gone' }
  | { code: 'fork-offset-invalid'; reason: string }
  | { code: 'fork-sub-offset-invalid'; reason: string }
  | { code: 'fork-too-deep'; depthMax: number }
  | { code: 'offset-trimmed'; earliest: Position }
  | { code: 'stream-read-only'; why: 'sealed' | 'mirror' | 'reserved' }
  | { code: 'stream-full'; limit: string; max: number }
  // What the server can take.
  | { code: 'overloaded' }
  | { code: 'too-many-live-readers'; liveReadersMax: number }
  | { code: 'storage-full' }
  | { code: 'storage-failed' }
  | { code: 'data-corrupt' }
  | { code: 'shutting-down' };

export type RefusalCode = Refusal['code'];
