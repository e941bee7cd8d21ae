import type { StreamAddress } from '../protocol/address.ts';

// The grammar of log names. Ids hold no zero byte, so a name says unmistakably whose it is, and one
// prefix covers one bucket.
//
//   "b" account \0 bucket            a bucket
//   "s" account \0 bucket \0 stream  a durable stream; bucket "_" is the base address

/** Stands for the base address, where streams need no bucket. No bucket can be named so. */
export const BASE_BUCKET = '_';

export function bucketName(account: string, bucket: string): string {
  return `b${account}\0${bucket}`;
}

/** What the names of a bucket's streams begin with. */
export function streamPrefix(account: string, bucket: string): string {
  return `s${account}\0${bucket}\0`;
}

export function streamName(account: string, address: StreamAddress): string {
  const bucket = address.kind === 'base' ? BASE_BUCKET : address.bucket;
  return `s${account}\0${bucket}\0${address.stream}`;
}
