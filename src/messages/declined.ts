/** Why a managed stream does not take what was asked of it. */
export type Declined =
  | { readonly code: 'stream-not-found' }
  /** Another configuration came first, or the stream is there already. */
  | { readonly code: 'conflict' }
  | { readonly code: 'subjects-overlap'; readonly stream: string; readonly subject: string }
  | { readonly code: 'subject-not-captured'; readonly subject: string }
  | { readonly code: 'wrong-last-sequence'; readonly expected: number; readonly actual: number }
  /** The last sequence of a subject was asked for, of messages on several. */
  | { readonly code: 'several-subjects' }
  | { readonly code: 'message-too-large'; readonly bytesMax: number }
  /** `discard: 'new'`, or one message larger than the whole stream may be. */
  | { readonly code: 'limit-reached'; readonly limit: LimitName; readonly max: number }
  | { readonly code: 'sealed' }
  | { readonly code: 'delete-denied' }
  | { readonly code: 'purge-denied' }
  | { readonly code: 'mirror' }
  /** What it copies would come back to it. */
  | { readonly code: 'origin-cycle'; readonly stream: string }
  /** Of the account, in all its streams together. */
  | { readonly code: 'too-many-streams-of-account'; readonly streamsMax: number }
  | { readonly code: 'too-many-bytes-of-account'; readonly bytesMax: number };

export type LimitName = 'max_msgs' | 'max_bytes' | 'max_msgs_per_subject';
