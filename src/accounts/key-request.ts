import { parseDateTime } from '../protocol/date-time.ts';
import { parseScopes } from './scopes.ts';

/** What a new key is asked to be. */
export interface KeyRequest {
  readonly name: string;
  readonly expiresAtMs: number | undefined;
  readonly scope: string | undefined;
}

/** The same as it was written. */
export interface WrittenKeyRequest {
  readonly keyName: string;
  readonly expiresOn: string | undefined;
  readonly scope: string | undefined;
}

/** Which part of a request is no good, and why. */
export interface InvalidKeyRequest {
  readonly kind: 'invalid';
  readonly field: 'key_name' | 'expires_on' | 'scope';
  readonly reason: string;
}

export type ParsedKeyRequest =
  { readonly kind: 'valid'; readonly request: KeyRequest } | InvalidKeyRequest;

const NAME = /^[^\p{Cc}]{1,128}$/u;
const SCOPE_LENGTH_MAX = 4096;

export function parseKeyRequest(
  { keyName, expiresOn, scope }: WrittenKeyRequest,
  nowMs: number,
): ParsedKeyRequest {
  if (!NAME.test(keyName)) {
    return invalid('key_name', 'must be 1 to 128 characters, none of them a control character');
  }
  const expiresAtMs = expiresOn === undefined ? undefined : parseDateTime(expiresOn);
  if (expiresOn !== undefined && expiresAtMs === undefined) {
    return invalid('expires_on', 'must be an RFC 3339 date-time, such as 2030-01-31T12:00:00Z');
  }
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) {
    return invalid('expires_on', 'must be in the future');
  }
  const badScope = scope === undefined ? undefined : judgeScope(scope);
  if (badScope !== undefined) return invalid('scope', badScope);
  return { kind: 'valid', request: { name: keyName, expiresAtMs, scope } };
}

function judgeScope(scope: string): string | undefined {
  if (scope.length > SCOPE_LENGTH_MAX) return `must be at most ${SCOPE_LENGTH_MAX} characters`;
  const { grants, unknown } = parseScopes(scope);
  const [word] = unknown;
  // A token may hold words for others; a key is for this server alone, so this is a mistake.
  if (word !== undefined) return `holds ${JSON.stringify(word)}, which is no scope`;
  return grants.length === 0
    ? 'must hold at least one scope; leave it out for the default'
    : undefined;
}

function invalid(field: InvalidKeyRequest['field'], reason: string): InvalidKeyRequest {
  return { kind: 'invalid', field, reason };
}
