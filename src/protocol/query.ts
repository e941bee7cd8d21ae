import type { Refusal } from './refusal.ts';

export type QueryOutcome<Name extends string> =
  { ok: true; value: ReadonlyMap<Name, string> } | { ok: false; refusal: Refusal };

/**
 * The known parameters of a query, percent-decoded. Unknown ones are left to proxies and extensions;
 * a known one that is repeated or wrongly encoded is refused, never guessed at. `lenient` names one
 * whose nonsense counts as nothing.
 */
export function parseQuery<Name extends string>(
  query: string,
  names: readonly Name[],
  lenient?: Name,
): QueryOutcome<Name> {
  const values = new Map<Name, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const written = equals < 0 ? part : part.slice(0, equals);
    const name = names.find((each) => each === decode(written));
    if (name === undefined) continue;
    if (values.has(name)) return invalidQuery(name, 'must be given once');
    const value = decode(equals < 0 ? '' : part.slice(equals + 1));
    if (value !== undefined) values.set(name, value);
    else if (name !== lenient) return invalidQuery(name, 'holds a malformed percent encoding');
  }
  return { ok: true, value: values };
}

export function invalidQuery(parameter: string, reason: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code: 'invalid-query', parameter, reason } };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
