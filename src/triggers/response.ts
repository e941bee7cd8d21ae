import type { FieldReader } from './field-reader.ts';
import { RESPONSE_TYPES, type ExportType, type TriggerSource } from './trigger.ts';

/** In what form a source is carried (contract page, "response_type"). */
export type Response =
  /** Each record as it arrives. */
  | { readonly kind: 'stream' }
  /** One record, or one answer, and done. */
  | { readonly kind: 'singleton' }
  /** Pages. Those of a stream are full, or have waited so long for more. */
  | { readonly kind: 'chunked'; readonly chunkSize: number; readonly chunkWaitMs: number };

export const CHUNK_SIZE_MAX = 1000;
export const CHUNK_SIZE_DEFAULT = 100;
export const CHUNK_WAIT_MS_MAX = 600_000;
export const CHUNK_WAIT_MS_DEFAULT = 1000;

type GivenResponse = Pick<TriggerSource, 'response_type' | 'chunk_size' | 'chunk_wait_ms'>;

/** Reads the members of a source that say it. */
export function readGivenResponse(
  fields: FieldReader,
  type: ExportType,
): { readonly [Name in keyof GivenResponse]: GivenResponse[Name] | undefined } {
  const responseType = fields.oneOf('response_type', RESPONSE_TYPES);
  const size = fields.integer('chunk_size', CHUNK_SIZE_MAX);
  const waitMs = fields.integer('chunk_wait_ms', CHUNK_WAIT_MS_MAX);
  const hasPagesOfOurs = type === 'stream' && responseType === 'Chunked';
  for (const [name, value] of Object.entries({ chunk_size: size, chunk_wait_ms: waitMs })) {
    if (value !== undefined && !hasPagesOfOurs) {
      throw fields.wrong(name, 'needs a source of type stream with response_type Chunked');
    }
  }
  return { response_type: responseType, chunk_size: size, chunk_wait_ms: waitMs };
}

/** A stream is carried record by record, and a service is asked once, where nothing is said. */
export function responseOf(source: TriggerSource): Response {
  const { type, response_type: given, chunk_size: size, chunk_wait_ms: waitMs } = source;
  switch (given ?? (type === 'service' ? 'Singleton' : 'Stream')) {
    case 'Stream':
      return { kind: 'stream' };
    case 'Singleton':
      return { kind: 'singleton' };
    case 'Chunked':
      return {
        kind: 'chunked',
        chunkSize: size ?? CHUNK_SIZE_DEFAULT,
        chunkWaitMs: waitMs ?? CHUNK_WAIT_MS_DEFAULT,
      };
  }
}
