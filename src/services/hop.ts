import { unreachableFor, type Failure } from './answer.ts';
import type { AddressRules } from './safe-address.ts';
import { parseServiceUrl } from './service-url.ts';

export type Headers = Readonly<Record<string, string>>;

/** One request to one place. A call has several where it is redirected. */
export interface Hop {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  readonly body: Buffer | undefined;
}

/** Names in lower case. Anything else may be a credential, whatever it is called. */
const FOR_ANY_ORIGIN: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'last-event-id',
  'user-agent',
]);

/** What may be said at `to` of what was meant for `from`: on another origin, no credentials. */
export function headersFor(headers: Headers, from: URL, to: URL): Headers {
  if (from.origin === to.origin) return headers;
  const kept = Object.entries(headers).filter(([name]) => FOR_ANY_ORIGIN.has(name.toLowerCase()));
  return Object.fromEntries(kept);
}

/**
 * Where an answer sends its request, or undefined when it does not. Only 307 and 308 take a body
 * along; after the others a record would be lost on its way while its delivery looks well, so they
 * are followed by what asks without a body alone.
 */
export function redirected(
  hop: Hop,
  status: number,
  location: string | undefined,
  rules: AddressRules,
): Hop | Failure | undefined {
  if (location === undefined || !isRedirect(status, hop.method)) return undefined;
  if (!URL.canParse(location, hop.url.href)) return { kind: 'invalid-url', reason: 'malformed' };
  const resolved = new URL(location, hop.url);
  resolved.hash = '';
  const parsed = parseServiceUrl(resolved.href, rules);
  if (!parsed.ok) return parsed.failure;
  const { url } = parsed;
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:') {
    return unreachableFor('redirect-downgrade');
  }
  return { ...hop, url, headers: headersFor(hop.headers, hop.url, url) };
}

function isRedirect(status: number, method: Hop['method']): boolean {
  switch (status) {
    case 307:
    case 308:
      return true;
    case 301:
    case 302:
    case 303:
      return method === 'GET';
    default:
      return false;
  }
}

// RFC 9110, "token". Values are kept to what no reader understands differently.
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\t\x20-\x7e]{0,8192}$/;
// An event's id may be any text; it is sent back as the bytes of its UTF-8, one a character here.
const LAST_EVENT_ID = 'last-event-id';
const EVENT_ID = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;
/** They belong to the connection or to the body, and are set where those are known. */
const NOT_THE_CALLERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export const HEADER_VALUE_RULE = 'must be a string of at most 8192 characters of ASCII';

/** Whether a header may be sent along with calls. */
export function isServiceHeader(name: string, value: string): boolean {
  if (!isServiceHeaderName(name)) return false;
  return name.toLowerCase() === LAST_EVENT_ID ? EVENT_ID.test(value) : isServiceHeaderValue(value);
}

export function isServiceHeaderName(name: string): boolean {
  const lower = name.toLowerCase();
  if (NOT_THE_CALLERS.has(lower) || lower.startsWith('proxy-')) return false;
  return NAME.test(name);
}

export function isServiceHeaderValue(value: string): boolean {
  return VALUE.test(value);
}

/** What says of an event that it was the last; undefined for an id that no header can hold. */
export function lastEventIdHeader(id: string): Headers | undefined {
  const value = Buffer.from(id).toString('latin1');
  return isServiceHeader(LAST_EVENT_ID, value) ? { [LAST_EVENT_ID]: value } : undefined;
}
