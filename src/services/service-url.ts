import type { Failure, UrlFault } from './answer.ts';
import { parseIpAddress } from './ip-address.ts';
import { isAllowedAddress, type AddressRules } from './safe-address.ts';

export type ParsedUrl =
  { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly failure: Failure };

const CHARS_MAX = 2048;

/**
 * The URL of a service. An address in its place of a name is judged here, since no name is looked
 * up for it; a name is judged by what it leads to, each time that a connection is made.
 */
export function parseServiceUrl(text: string, rules: AddressRules): ParsedUrl {
  if (text.length > CHARS_MAX) return faulty('too-long');
  // The parser of URLs leaves blanks and line ends out without a word.
  if (/[^\x21-\x7e]/.test(text) || !URL.canParse(text)) return faulty('malformed');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return faulty('scheme');
  if (url.username !== '' || url.password !== '' || hasUserInfo(text)) return faulty('credentials');
  if (text.includes('#')) return faulty('fragment');
  const host = hostOf(url);
  if (parseIpAddress(host) !== undefined && !isAllowedAddress(host, rules)) {
    return { ok: false, failure: { kind: 'refused-address', address: host } };
  }
  return { ok: true, url };
}

/** The name or the address: in a URL, an IPv6 address stands in brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Also an empty one, which a parsed URL does not show. */
function hasUserInfo(text: string): boolean {
  return /^[a-z]+:[/\\]*[^/\\?#]*@/i.test(text);
}

function faulty(reason: UrlFault): ParsedUrl {
  return { ok: false, failure: { kind: 'invalid-url', reason } };
}
