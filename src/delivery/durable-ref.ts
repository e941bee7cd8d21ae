import { must } from '../lib/assert.ts';
import { BASE_BUCKET, streamRef, type StreamRef } from '../streams/names.ts';
import type { Address } from '../triggers/address.ts';

const ONE_STREAM = 'the address names one durable stream';

/** The stream of an account that an address without wildcards speaks of. */
export function durableRef(
  account: string,
  address: Extract<Address, { kind: 'durable' }>,
): StreamRef {
  const bucket = must(address.bucket, ONE_STREAM);
  const stream = must(address.stream, ONE_STREAM);
  return bucket === BASE_BUCKET
    ? streamRef(account, { kind: 'base', stream })
    : streamRef(account, { kind: 'bucket', bucket, stream });
}
