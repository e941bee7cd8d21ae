import { isUtf8 } from 'node:buffer';
import { isContentType, mediaType } from '../../protocol/content-type.ts';
import { scanJson } from '../../protocol/json-scan.ts';
import { apiError, validationError, type ApiError } from './api-error.ts';

export type JsonBody =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ApiError };

/** Why a body of this type is not looked at. Without a type it is taken for JSON. */
export function judgeMediaType(contentType: string | undefined): ApiError | undefined {
  if (contentType === undefined) return undefined;
  const isJson = isContentType(contentType) && mediaType(contentType) === 'application/json';
  if (isJson) return undefined;
  return NO_JSON;
}

export const NO_JSON = apiError(
  415,
  'unsupported_media_type',
  'Send JSON, with Content-Type: application/json.',
);

/**
 * The value of a body that must be an object. What makes a parser overflow, or changes what objects
 * are, is refused before it is one.
 */
export function parseJsonBody(body: Buffer, depthMax: number): JsonBody {
  if (!isUtf8(body)) return refuse('is no valid UTF-8, which JSON must be');
  const scan = scanJson(body, depthMax, 0);
  switch (scan.kind) {
    case 'invalid':
      return refuse(`is no valid JSON at byte ${scan.at}`);
    case 'too-deep':
      return refuse(`nests deeper than ${depthMax} levels at byte ${scan.at}`);
    case 'too-many':
      return refuse('must be an object');
    case 'valid': {
      const text = body.toString();
      const value: unknown = JSON.parse(text, MAY_NAME_PROTO.test(text) ? withoutProto : undefined);
      return { ok: true, value };
    }
  }
}

// As it is, or with a character of it escaped.
const MAY_NAME_PROTO = /__proto__|\\u/;

/** A member of this name would be a prototype to whoever copies the object carelessly. */
function withoutProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function refuse(reason: string): JsonBody {
  return { ok: false, error: validationError('', reason) };
}
