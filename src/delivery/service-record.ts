import { isObject } from '../triggers/json-value.ts';
import { present } from '../triggers/present.ts';
import { masked, TIMEOUT_MS_MAX, type Registration } from '../services/registration.ts';
import type { Headers } from '../services/hop.ts';

// The record can be read by whoever may read the stream of configurations, so it shows the names of
// headers alone. Their values are in a document beside it, written in the same commit.

/** What has become of a service, as its account's stream of configurations has it. */
export type ServiceRecord =
  | {
      readonly kind: 'active';
      readonly url: string;
      readonly timeoutMs: number | undefined;
      readonly headerNames: readonly string[];
    }
  | { readonly kind: 'deleted' };

const DELETED = { type: 'deleted' };

/** The JSON that is stored: `{type: "active", service}`, or `{type: "deleted"}`. */
export function encodeActive({ url, timeoutMs, headers }: Registration): string {
  const hasHeaders = Object.keys(headers).length > 0;
  const more = present({
    timeout_ms: timeoutMs,
    headers: hasHeaders ? masked(headers) : undefined,
  });
  return JSON.stringify({ type: 'active', service: { url, ...more } });
}

export function encodeDeleted(): string {
  return JSON.stringify(DELETED);
}

/** Undefined for what no registration has written. */
export function decodeServiceRecord(text: string): ServiceRecord | undefined {
  const record = parsed(text);
  if (!isObject(record)) return undefined;
  const { type, service } = record;
  if (type === DELETED.type) return { kind: 'deleted' };
  if (type !== 'active' || !isObject(service)) return undefined;
  const { url, timeout_ms: timeoutMs, headers = {} } = service;
  if (typeof url !== 'string' || !URL.canParse(url) || !isObject(headers)) return undefined;
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) return undefined;
  return { kind: 'active', url, timeoutMs, headerNames: Object.keys(headers) };
}

function isTimeout(value: unknown): value is number {
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value);
  return isWhole && value >= 1 && value <= TIMEOUT_MS_MAX;
}

export function encodeHeaders(headers: Headers): string {
  return JSON.stringify(headers);
}

/** Undefined unless it has a value for each of these names. */
export function decodeHeaders(text: string, names: readonly string[]): Headers | undefined {
  const values = parsed(text);
  if (!isObject(values)) return undefined;
  const headers = new Map<string, string>();
  for (const name of names) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (typeof value !== 'string') return undefined;
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
