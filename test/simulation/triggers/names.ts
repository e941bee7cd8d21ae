import type { StreamName } from '../../../src/messages/config.ts';
import { managedName } from '../../../src/managed/names.ts';
import { streamRef, type StreamRef } from '../../../src/streams/names.ts';
import { streamName } from '../../support/managed.ts';

export const ACCOUNT = 'acme';
export const BUCKET = 'in';

/** A stream that triggers take from or deliver to. */
export type StreamSpec = {
  /** As triggers call it. */
  readonly name: string;
  /** It may be deleted and made anew. */
  readonly isDroppable: boolean;
} & (
  | {
      readonly kind: 'managed';
      readonly stream: StreamName;
      readonly stored: string;
      readonly captures: string;
    }
  | { readonly kind: 'durable'; readonly ref: StreamRef }
);

export type ManagedSpec = Extract<StreamSpec, { kind: 'managed' }>;
export type DurableSpec = Extract<StreamSpec, { kind: 'durable' }>;

function managed(name: string, captures: string, isDroppable: boolean): ManagedSpec {
  const stream = streamName(name);
  const stored = managedName(ACCOUNT, stream);
  return { kind: 'managed', name, stream, stored, captures, isDroppable };
}

function durable(name: string, ref: StreamRef, isDroppable: boolean): DurableSpec {
  return { kind: 'durable', name, ref, isDroppable };
}

function inBucket(stream: string): StreamRef {
  return streamRef(ACCOUNT, { kind: 'bucket', bucket: BUCKET, stream });
}

/** Retention takes from these. */
export const ORDERS = managed('orders', 'src.orders.*', false);
export const EVENTS = managed('events', 'src.events.*', true);
export const X = durable('$DS.in.x', inBucket('x'), false);
export const Y = durable('$DS.in.y', inBucket('y'), true);
/** What triggers deliver to keeps everything, and some of it is carried on. */
export const OUT = managed('out', 'out.*', false);
export const TARGET = durable(
  '$DS._.target',
  streamRef(ACCOUNT, { kind: 'base', stream: 'target' }),
  false,
);
export const END = durable('$DS._.end', streamRef(ACCOUNT, { kind: 'base', stream: 'end' }), false);

/** Sources before what is made of them. */
export const STREAMS: readonly StreamSpec[] = [ORDERS, EVENTS, X, Y, OUT, TARGET, END];
