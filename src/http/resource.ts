import type { StreamAddress } from '../protocol/address.ts';
import { BASE_BUCKET } from '../streams/names.ts';
import type { Address } from '../triggers/address.ts';

// What scopes speak of. A stream is spoken of by its path at either address: `demo/chat` is the
// stream `chat` of the bucket `demo`, and also `/v1/stream/demo/chat`.

export function resourceOf(address: StreamAddress): string {
  return address.kind === 'base' ? address.stream : `${address.bucket}/${address.stream}`;
}

/** What a trigger's subject leads to: a durable stream, or else the subject itself. */
export function targetResource(to: Address): string {
  if (to.kind === 'managed' || to.bucket === undefined || to.stream === undefined) {
    return to.pattern;
  }
  return to.bucket === BASE_BUCKET ? to.stream : `${to.bucket}/${to.stream}`;
}

/** A managed stream, read and written as a durable one. */
export function managedResource(name: string): string {
  return `streams/${name}`;
}

/** With its slash, so that a scope of `demo/*` covers the bucket, and one of `demo/chat` does not. */
export function bucketResource(bucket: string): string {
  return `${bucket}/`;
}

/** What there is to manage of an account, by the route that does. */
export function accountResource(route: string): string {
  if (route === '/accounts/export') return 'exports';
  return route === '/accounts/import' ? 'imports' : 'api-keys';
}

/** Where any account may look for what others let out. */
export const ADVERTISED_PATH = '/accounts/export/advertised';

/** What operators read. */
export const METRICS_RESOURCE = 'metrics';
