import { FieldReader, MisfitFound, type Misfit } from '../triggers/field-reader.ts';
import { isObject } from '../triggers/json-value.ts';
import type { UrlFault } from './answer.ts';
import {
  HEADER_VALUE_RULE,
  isServiceHeaderName,
  isServiceHeaderValue,
  type Headers,
} from './hop.ts';
import { flagAllowing, type AddressRules } from './safe-address.ts';
import { parseServiceUrl } from './service-url.ts';
import { SIGNATURE_HEADER } from './signing-key.ts';

/** How an HTTP endpoint is to be called, as its account has registered it. */
export interface Registration {
  readonly url: string;
  /** Undefined: the server's own bound. */
  readonly timeoutMs: number | undefined;
  /** Names in lower case. Their values may be secrets. */
  readonly headers: Headers;
}

export type ParsedRegistration =
  | { readonly ok: true; readonly registration: Registration }
  | { readonly ok: false; readonly misfit: Misfit };

export const TIMEOUT_MS_MAX = 600_000;
export const HEADERS_MAX = 32;
const HEADER_CHARS_MAX = 16_384;
const URL_CHARS_MAX = 2048;
/** Stands where a header's value is shown. */
export const MASK = '***';

/** Reads a registration out of parsed JSON: `url`, and optionally `timeout_ms` and `headers`. */
export function parseRegistration(given: unknown, rules: AddressRules): ParsedRegistration {
  try {
    const registration = readRegistration(given);
    const reason = reasonAgainst(registration.url, rules);
    if (reason !== undefined) throw wrong('url', reason);
    return { ok: true, registration };
  } catch (error) {
    if (error instanceof MisfitFound) return { ok: false, misfit: error.misfit };
    throw error;
  }
}

function readRegistration(given: unknown): Registration {
  if (!isObject(given)) throw wrong('', 'must be an object');
  const fields = new FieldReader(given);
  const url = fields.neededText('url', URL_CHARS_MAX);
  const timeoutMs = fields.integer('timeout_ms', TIMEOUT_MS_MAX);
  const headers = readHeaders(fields.value('headers'));
  fields.refuseOthers('a service');
  return { url, timeoutMs, headers };
}

function readHeaders(given: unknown): Headers {
  if (given === undefined) return {};
  if (!isObject(given)) throw wrong('headers', 'must be an object of names and values');
  const entries = Object.entries(given);
  if (entries.length > HEADERS_MAX) throw wrong('headers', `must be at most ${HEADERS_MAX}`);
  const headers = new Map<string, string>();
  let chars = 0;
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    if (!isOwnHeader(lower)) {
      throw wrong(`headers.${name}`, 'is no header that may be sent along with calls');
    }
    if (typeof value !== 'string' || !isServiceHeaderValue(value)) {
      throw wrong(`headers.${name}`, HEADER_VALUE_RULE);
    }
    // What a GET has shown, sent back.
    if (value === MASK) throw wrong(`headers.${name}`, 'is masked; send its value');
    if (headers.has(lower)) throw wrong(`headers.${name}`, 'is there twice');
    chars += name.length + value.length;
    headers.set(lower, value);
  }
  if (chars > HEADER_CHARS_MAX) {
    throw wrong('headers', `must be at most ${HEADER_CHARS_MAX} characters in all`);
  }
  return Object.fromEntries(headers);
}

/** What the server itself says of a call is nobody else's to say. */
function isOwnHeader(name: string): boolean {
  if (name === SIGNATURE_HEADER || name.startsWith('millrace-')) return false;
  return isServiceHeaderName(name);
}

function reasonAgainst(url: string, rules: AddressRules): string | undefined {
  const parsed = parseServiceUrl(url, rules);
  if (parsed.ok) return undefined;
  const { failure } = parsed;
  if (failure.kind === 'refused-address') {
    const { address } = failure;
    const flag = flagAllowing(address);
    const remedy = flag === undefined ? '' : `; the server has to be started with ${flag}`;
    return `leads to ${address}, which may not be called from here${remedy}`;
  }
  return failure.kind === 'invalid-url' ? REASONS[failure.reason] : 'cannot be called';
}

const REASONS: Readonly<Record<UrlFault, string>> = {
  malformed: 'is no URL',
  'too-long': `must be at most ${URL_CHARS_MAX} characters`,
  scheme: 'must begin with http:// or https://',
  credentials: 'must not have credentials in it; send them in a header',
  fragment: 'must not have a fragment (#…)',
};

function wrong(field: string, reason: string): MisfitFound {
  return new MisfitFound({ kind: 'wrong', field, reason });
}

/** What may be shown of headers: their names. */
export function masked(headers: Headers): Headers {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, MASK]));
}
