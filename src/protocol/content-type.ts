import type { Brand } from '../lib/brand.ts';

/** A content type as the client wrote it, known to be well formed and safe to echo. */
export type ContentType = Brand<string, 'ContentType'>;

const LENGTH_MAX = 256;

// RFC 9110, "Media Type": type "/" subtype *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] )
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*"';
// White space belongs to what follows it, so that no text can be read in two ways: backtracking
// over such choices would take time exponential in their number.
const PARAMETER = `[ \\t]*;(?:[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))?`;
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:${PARAMETER})*[ \\t]*$`);

// What nearly every request says need not be matched against a grammar each time.
const COMMON: ReadonlySet<string> = new Set([
  'application/json',
  'application/octet-stream',
  'text/plain',
]);

export function isContentType(text: string): text is ContentType {
  if (COMMON.has(text)) return true;
  return text.length <= LENGTH_MAX && MEDIA_TYPE.test(text);
}

function contentType(text: string): ContentType {
  if (!isContentType(text)) throw new RangeError(`not a content type: ${text}`);
  return text;
}

/** What a stream is when nobody said (protocol, "5.1. Create Stream"). */
export const OCTET_STREAM = contentType('application/octet-stream');
export const JSON_TYPE = contentType('application/json');

/** The media type without parameters, in lower case: what two content types are compared by. */
export function mediaType(type: ContentType): string {
  const semicolon = type.indexOf(';');
  return (semicolon < 0 ? type : type.slice(0, semicolon)).trimEnd().toLowerCase();
}

export function sameMediaType(one: ContentType, other: ContentType): boolean {
  return one === other || mediaType(one) === mediaType(other);
}

/** JSON mode is for `application/json` alone, not for types that merely contain the word. */
export function isJson(type: ContentType): boolean {
  return type === 'application/json' || mediaType(type) === 'application/json';
}

/** How SSE carries a stream: as text, as a JSON array, or as base64 (protocol, "5.8."). */
export type EventEncoding = 'text' | 'json' | 'base64';

export function eventEncoding(type: ContentType): EventEncoding {
  if (isJson(type)) return 'json';
  return mediaType(type).startsWith('text/') ? 'text' : 'base64';
}
