import type { StreamAddress } from '../protocol/address.ts';

// The grammar of log names. Ids hold no zero byte, so a name says unmistakably whose it is, and one
// prefix covers one bucket.
//
//   "b" account \0 bucket            a bucket
//   "s" account \0 bucket \0 stream  a durable stream; bucket "_" is the base address
//   "h", "k"                         API keys: accounts/key-names.ts
//   "w"                              signs calls to services: services/key-ring-document.ts
//   "p", "x", "g"                    what triggers, services and accounts keep: delivery/names.ts
//   "c", "t"                         of managed streams, how far copies and trims have come: managed/names.ts

/** Stands for the base address, where streams need no bucket. No bucket can be named so. */
export const BASE_BUCKET = '_';

export function bucketName(account: string, bucket: string): string {
  return `b${account}\0${bucket}`;
}

/** What the names of a bucket's streams begin with. */
export function streamPrefix(account: string, bucket: string): string {
  return `${accountStreamsPrefix(account)}${bucket}\0`;
}

/** What the names of all durable streams of an account begin with. */
export function accountStreamsPrefix(account: string): string {
  return `${ANY_STREAM}${account}\0`;
}

/** What the names of all durable streams begin with. */
export const ANY_STREAM = 's';

/** Undefined for what is no durable stream. */
export function accountOfStream(name: string): string | undefined {
  return name.startsWith(ANY_STREAM) ? name.slice(1, name.indexOf('\0')) : undefined;
}

/** Whose stream, and where: what the services know a stream by. */
export interface StreamRef {
  readonly account: string;
  /** The log's name. */
  readonly name: string;
  /** The bucket that has to be there; undefined at the base address. */
  readonly bucket: { readonly id: string; readonly name: string } | undefined;
}

export function streamRef(account: string, address: StreamAddress): StreamRef {
  if (address.kind === 'base') {
    return {
      account,
      name: streamPrefix(account, BASE_BUCKET) + address.stream,
      bucket: undefined,
    };
  }
  const { bucket: id, stream } = address;
  const bucket = { id, name: bucketName(account, id) };
  return { account, name: streamPrefix(account, id) + stream, bucket };
}
