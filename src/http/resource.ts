import type { StreamAddress } from '../protocol/address.ts';

// What scopes speak of. A stream is spoken of by its path at either address: `demo/chat` is the
// stream `chat` of the bucket `demo`, and also `/v1/stream/demo/chat`.

export function resourceOf(address: StreamAddress): string {
  return address.kind === 'base' ? address.stream : `${address.bucket}/${address.stream}`;
}

/** A managed stream, read and written as a durable one. */
export function managedResource(name: string): string {
  return `streams/${name}`;
}

/** With its slash, so that a scope of `demo/*` covers the bucket, and one of `demo/chat` does not. */
export function bucketResource(bucket: string): string {
  return `${bucket}/`;
}

/** What there is to manage of an account. */
export const API_KEYS_RESOURCE = 'api-keys';

/** What operators read. */
export const METRICS_RESOURCE = 'metrics';
