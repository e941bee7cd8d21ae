import type { CowMap } from '../lib/cow-map.ts';
import type { ContentType } from './content-type.ts';
import type { Position } from './offset.ts';

/** What one idempotent producer has done on one stream (protocol, "5.2.1."). */
export interface ProducerState {
  readonly epoch: number;
  /** The highest sequence accepted in this epoch. */
  readonly seq: number;
  readonly lastWriteAtMs: number;
}

/** Names one request of a producer. */
export interface ProducerTuple {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

/** When a stream ends by itself. `text` keeps the client's spelling for HEAD to echo. */
export type Expiry =
  | { readonly kind: 'never' }
  | { readonly kind: 'ttl'; readonly seconds: number }
  | { readonly kind: 'at'; readonly atMs: number; readonly text: string };

/** Where a fork's data begins to be its own, and how its creator asked for that. */
export interface ForkOrigin {
  /** The log that holds what comes before `at`. */
  readonly source: string;
  readonly at: Position;
  /** The offset and sub-offset as requested: what a repeated PUT is compared with. */
  readonly requestedAt: Position | undefined;
  readonly requestedSub: number;
}

/** All that the rules know of a durable stream. Immutable: a change makes a new one. */
export interface StreamState {
  readonly kind: 'stream';
  readonly contentType: ContentType;
  readonly createdAtMs: number;
  readonly lastWriteAtMs: number;
  readonly expiry: Expiry;
  /** Reads have extended a sliding TTL to at least this time; 0 while only writes have. */
  readonly leaseUntilMs: number;
  readonly closed: boolean;
  /** The request that closed the stream, when a producer did. */
  readonly closedBy: ProducerTuple | undefined;
  /** The last `Stream-Seq`, for the whole stream whoever wrote it. */
  readonly streamSeq: string | undefined;
  readonly producers: CowMap<ProducerState>;
  readonly fork: ForkOrigin | undefined;
  /** How many streams are forks of this one and need its data. */
  readonly forkCount: number;
  /** Deleted by its owner, kept for its forks (protocol, "Soft-delete and lifecycle"). */
  readonly softDeleted: boolean;
}

export interface BucketState {
  readonly kind: 'bucket';
  readonly createdAtMs: number;
}

/** A small text that is replaced as a whole: a cursor, an API key, a grant. */
export interface DocumentState {
  readonly kind: 'document';
  readonly text: string;
}

/** Everything that the log store keeps under a name. */
export type LogState = StreamState | BucketState | DocumentState;

/** What a commit does to a stream's state. Applied when it is made and again on every replay. */
export type StreamChange =
  | {
      readonly kind: 'written';
      readonly atMs: number;
      readonly streamSeq: string | undefined;
      readonly producer: ProducerTuple | undefined;
      /** A producer that made room for this one, being the longest idle. */
      readonly evicted: string | undefined;
      readonly closes: boolean;
    }
  | { readonly kind: 'renewed'; readonly leaseUntilMs: number }
  | { readonly kind: 'fork-added' }
  | { readonly kind: 'fork-removed' }
  | { readonly kind: 'soft-deleted' }
  /** The only change that a document knows, and known to nothing else. */
  | { readonly kind: 'replaced'; readonly text: string };

/** The state after a change. Pure and total: replay depends on both. */
export function evolve(state: LogState, change: StreamChange): LogState {
  if (state.kind === 'document') {
    return change.kind === 'replaced' ? { kind: 'document', text: change.text } : state;
  }
  if (state.kind === 'bucket') return state;
  switch (change.kind) {
    case 'written':
      return written(state, change);
    case 'renewed':
      return { ...state, leaseUntilMs: Math.max(state.leaseUntilMs, change.leaseUntilMs) };
    case 'fork-added':
      return { ...state, forkCount: state.forkCount + 1 };
    case 'fork-removed':
      return { ...state, forkCount: state.forkCount - 1 };
    case 'soft-deleted':
      return { ...state, softDeleted: true };
    case 'replaced':
      return state;
  }
}

function written(
  state: StreamState,
  change: Extract<StreamChange, { kind: 'written' }>,
): StreamState {
  const { producer, evicted, closes, atMs } = change;
  let producers = evicted === undefined ? state.producers : state.producers.without(evicted);
  if (producer !== undefined) {
    const { epoch, seq } = producer;
    producers = producers.with(producer.id, { epoch, seq, lastWriteAtMs: atMs });
  }
  return {
    kind: 'stream',
    contentType: state.contentType,
    createdAtMs: state.createdAtMs,
    // A clock that steps back must not bring expiry forward.
    lastWriteAtMs: Math.max(state.lastWriteAtMs, atMs),
    expiry: state.expiry,
    leaseUntilMs: state.leaseUntilMs,
    closed: state.closed || closes,
    closedBy: closes ? producer : state.closedBy,
    streamSeq: change.streamSeq ?? state.streamSeq,
    producers,
    fork: state.fork,
    forkCount: state.forkCount,
    softDeleted: state.softDeleted,
  };
}
