import { isSubjectPattern, type SubjectPattern } from '../subjects/subject.ts';

// What a trigger's subject speaks of: messages of the managed stream that captures it, or durable
// streams through `$DS.<bucket>.<stream>`. There tokens are percent-encoded where a subject could not
// hold them, and a stream of the base address is `$DS._.<path>`, its path one token.

/** The first token of durable streams' subjects; no managed stream may capture it. */
export const DURABLE_TOKEN = '$DS';

export type Address =
  | { readonly kind: 'managed'; readonly pattern: SubjectPattern }
  | {
      readonly kind: 'durable';
      readonly pattern: SubjectPattern;
      /** Undefined: any bucket. */
      readonly bucket: string | undefined;
      /** Undefined: any stream of it. */
      readonly stream: string | undefined;
    };

/** Either side of a trigger: streams, or the services of these subjects. */
export type Endpoint = Address | { readonly kind: 'service'; readonly pattern: SubjectPattern };

/** Undefined for what is no subject, or no stream's. */
export function parseAddress(subject: string): Address | undefined {
  if (!isSubjectPattern(subject)) return undefined;
  const [first, bucket, stream, ...rest] = subject.split('.');
  if (first !== DURABLE_TOKEN) return { kind: 'managed', pattern: subject };
  if (bucket === undefined || rest.length > 0) return undefined;
  const isAll = bucket === '>';
  if (isAll !== (stream === undefined)) return undefined;
  const bucketId = isAll ? undefined : decodeToken(bucket);
  const streamId = stream === undefined ? undefined : decodeToken(stream);
  if (bucketId === null || streamId === null) return undefined;
  // Patterns are compared as they are written, so each stream has one spelling.
  const tokens = [first, ...(isAll ? ['>'] : [spelt(bucketId, bucket), spelt(streamId, stream)])];
  const pattern = tokens.join('.');
  if (!isSubjectPattern(pattern)) return undefined;
  return { kind: 'durable', pattern, bucket: bucketId, stream: streamId };
}

/** `wildcard`: what stands there where it is no id. */
function spelt(id: string | undefined, wildcard = '>'): string {
  return id === undefined ? wildcard : encodeToken(id);
}

/** Undefined for a wildcard, null for what is badly encoded. */
function decodeToken(token: string): string | undefined | null {
  if (token === '*' || token === '>') return undefined;
  try {
    return decodeURIComponent(token);
  } catch {
    return null;
  }
}

/** Whether it speaks of one stream, one subject or one service alone. */
export function isLiteralAddress({ pattern }: Endpoint): boolean {
  return !/(?:^|\.)[*>](?:\.|$)/.test(pattern);
}

/** The triggers' own records are on subjects that begin so, and nobody else writes them. */
const RESERVED = 'ms.trigger.';
export const RESERVED_RULE = `must not begin with ${RESERVED}, which belongs to the triggers`;

/** Whether records may never go there. */
export function isReserved({ kind, pattern }: Endpoint): boolean {
  return kind === 'managed' && pattern.startsWith(RESERVED);
}

/** A bucket's or a stream's id as a token of a subject. */
export function encodeToken(id: string): string {
  return encodeURIComponent(id).replace(/[.*~!'()]/g, (letter) => {
    return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

export function durableSubject(bucket: string, stream: string): string {
  return `${DURABLE_TOKEN}.${encodeToken(bucket)}.${encodeToken(stream)}`;
}
