import { isUtf8 } from 'node:buffer';
import { isContentType, mediaType } from '../protocol/content-type.ts';
import { skipSpace, skipValue } from '../protocol/json-scan.ts';
import { invalidQuery } from '../protocol/query.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Parsed } from '../protocol/request.ts';

/** A request that is to become a record. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/**
 * The JSON text of the record that a request becomes: `{method, path, query, content_type, body}`.
 * A body of JSON stands in it as it was sent, to the byte; any other is a string, in base64 and with
 * `encoding` beside it where it is no UTF-8; null where there is none.
 */
export function recordOfRequest(request: GatewayRequest, depthMax: number): Parsed<Buffer> {
  const { method, path, contentType, body } = request;
  const query = parametersOf(request.query);
  if (!query.ok) return query;
  const about = { method, path, query: query.value, content_type: contentType ?? null };
  if (body.length === 0) return textOf({ ...about, body: null });
  if (!isJsonType(contentType)) {
    return isUtf8(body)
      ? textOf({ ...about, body: body.toString() })
      : textOf({ ...about, body: body.toString('base64'), encoding: 'base64' });
  }
  const unfit = judgeJson(body, depthMax);
  if (unfit !== undefined) return { ok: false, refusal: unfit };
  const before = JSON.stringify(about).slice(0, -1);
  return { ok: true, value: Buffer.concat([Buffer.from(`${before},"body":`), body, CLOSING]) };
}

const CLOSING = Buffer.from('}');

/** By name, those that are repeated as arrays, in their order. */
function parametersOf(query: string): Parsed<object> {
  const values = new Map<string, string | string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const written = equals < 0 ? part : part.slice(0, equals);
    const name = decode(written);
    const value = decode(equals < 0 ? '' : part.slice(equals + 1));
    if (name === undefined || value === undefined) {
      return invalidQuery(written, 'holds a malformed percent encoding');
    }
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else if (typeof before === 'string') values.set(name, [before, value]);
    else before.push(value);
  }
  return { ok: true, value: Object.fromEntries(values) };
}

/** The query without the parameters of this name, however it is encoded. */
export function withoutParameter(query: string, name: string): string {
  const parts = query.split('&').filter((part) => decode(part.split('=', 1)[0] ?? '') !== name);
  return parts.join('&');
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** JSON itself, and the types that are made of it, such as `application/cloudevents+json`. */
function isJsonType(contentType: string | undefined): boolean {
  if (contentType === undefined || !isContentType(contentType)) return false;
  return /^application\/(?:[^/]+\+)?json$/.test(mediaType(contentType));
}

/** The record is an object around the body, and nests no deeper than any other. */
function judgeJson(body: Buffer, recordDepthMax: number): Refusal | undefined {
  if (!isUtf8(body)) return { code: 'invalid-utf8' };
  const depthMax = recordDepthMax - 1;
  const value = skipValue(body, skipSpace(body, 0), depthMax);
  if (value.kind === 'too-deep') return { code: 'json-too-deep', at: value.at, depthMax };
  const at = value.kind === 'ended' ? skipSpace(body, value.at) : value.at;
  const isWhole = value.kind === 'ended' && at === body.length;
  return isWhole ? undefined : { code: 'invalid-json', at };
}

function textOf(record: object): Parsed<Buffer> {
  return { ok: true, value: Buffer.from(JSON.stringify(record)) };
}
