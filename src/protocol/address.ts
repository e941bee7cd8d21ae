import type { Refusal } from './refusal.ts';

/** A durable stream's address, decoded and judged. */
export type StreamAddress =
  /** `/v1/stream/{path…}`: any depth, no bucket needed. */
  | { readonly kind: 'base'; readonly stream: string }
  /** `/{bucket}/{stream}`. */
  | { readonly kind: 'bucket'; readonly bucket: string; readonly stream: string };

/** What a URL path means. */
export type Route =
  | { kind: 'stream'; address: StreamAddress }
  | { kind: 'bucket'; bucket: string }
  | { kind: 'bucket-streams'; bucket: string }
  /** `/streams/{name}`: a managed stream, whether its name is one or not. */
  | { kind: 'managed'; name: string }
  | { kind: 'refused'; refusal: Refusal };

const BASE_PREFIX = '/v1/stream/';
const MANAGED_PREFIX = 'streams';
const BASE_PATH_BYTES_MAX = 1024;
export const STREAM_ID_BYTES_MAX = 122;
const BUCKET_ID = /^[a-z0-9_-]{4,64}$/;

/** First path segments that belong to an API of this server, now or by design. */
export const RESERVED_BUCKETS: ReadonlySet<string> = new Set([
  'storage',
  'trigger',
  'accounts',
  'gateway',
  'streams',
  'metrics',
  'docs',
  'console',
]);

/**
 * Finds out what a path (without its query) addresses. Everything is judged after percent decoding,
 * so no encoding gets a name past a rule. Unencoded bytes beyond ASCII have no place in a URL.
 */
export function parsePath(path: string): Route {
  if (!/^[\x21-\x7e]*$/.test(path))
    return invalid('must be ASCII, other characters percent-encoded');
  if (!path.startsWith('/')) return { kind: 'refused', refusal: { code: 'not-found' } };
  if (path.startsWith(BASE_PREFIX)) return parseBase(path.slice(BASE_PREFIX.length));
  const segments = path.slice(1).split('/').map(decode);
  const [bucket, stream, ...rest] = segments;
  if (segments.includes(undefined)) return invalid('holds a malformed percent encoding');
  if (bucket === undefined || bucket === '' || rest.length > 0) {
    return { kind: 'refused', refusal: { code: 'not-found' } };
  }
  if (bucket === MANAGED_PREFIX && stream !== undefined) return { kind: 'managed', name: stream };
  const badBucket = judgeBucketId(bucket);
  if (badBucket !== undefined) return invalid(badBucket);
  if (stream === undefined) return { kind: 'bucket', bucket };
  if (stream === 'streams') return { kind: 'bucket-streams', bucket };
  const badStream = judgeStreamId(bucket, stream);
  if (badStream !== undefined) return invalid(badStream);
  return { kind: 'stream', address: { kind: 'bucket', bucket, stream } };
}

function parseBase(encoded: string): Route {
  const stream = decode(encoded);
  if (stream === undefined) return invalid('holds a malformed percent encoding');
  if (stream === '') return invalid('names no stream');
  if (Buffer.byteLength(stream) > BASE_PATH_BYTES_MAX) {
    return invalid(`must be at most ${BASE_PATH_BYTES_MAX} bytes`);
  }
  if (stream.includes('\0')) return invalid('must not contain a zero byte');
  const segments = stream.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return invalid('must not have empty, "." or ".." segments');
  }
  // Control paths of the protocol's section 6, which this server does not have yet.
  if (segments[0] === '__ds') return { kind: 'refused', refusal: { code: 'not-found' } };
  return { kind: 'stream', address: { kind: 'base', stream } };
}

function judgeBucketId(bucket: string): string | undefined {
  if (!BUCKET_ID.test(bucket)) {
    return 'must begin with a bucket id, 4 to 64 of a-z, 0-9, "_" and "-"';
  }
  return RESERVED_BUCKETS.has(bucket)
    ? `must not begin with "${bucket}", which is reserved and cannot be a bucket`
    : undefined;
}

function judgeStreamId(bucket: string, stream: string): string | undefined {
  if (stream === '') return 'must name a stream behind the bucket';
  if (stream.includes('/')) return 'must not have "/" in the stream id';
  if (stream.includes('\0')) return 'must not have a zero byte in the stream id';
  if (stream.includes('..')) return 'must not have ".." in the stream id';
  const bytes = Buffer.byteLength(stream);
  if (bytes > STREAM_ID_BYTES_MAX)
    return `must have a stream id of at most ${STREAM_ID_BYTES_MAX} bytes`;
  if (bucket.length + bytes > STREAM_ID_BYTES_MAX) {
    return `must have a bucket id and a stream id of at most ${STREAM_ID_BYTES_MAX} bytes together`;
  }
  return undefined;
}

function decode(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function invalid(reason: string): Route {
  return { kind: 'refused', refusal: { code: 'invalid-path', reason } };
}
