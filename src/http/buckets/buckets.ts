import { STREAM_ID_BYTES_MAX } from '../../protocol/address.ts';
import { expiresAtMs } from '../../protocol/expiry.ts';
import { formatOffset } from '../../protocol/offset.ts';
import { invalidQuery, parseQuery } from '../../protocol/query.ts';
import type { Parsed } from '../../protocol/request.ts';
import type { ListedStream, ListStreamsRequest } from '../../streams/bucket-service.ts';
import type { Exchange } from '../exchange.ts';
import type { Services } from '../services.ts';

export interface BucketContext {
  readonly exchange: Exchange;
  readonly services: Services;
  readonly account: string;
  readonly bucket: string;
}

const LIMIT_MAX = 1000;

/** `PUT /{bucket}`: 201 when it is new, 200 when it is there. */
export async function putBucket(context: BucketContext): Promise<void> {
  const { exchange, services, account, bucket } = context;
  const outcome = await services.buckets.ensure(account, bucket);
  if (outcome.kind === 'refused') exchange.refuse(outcome.refusal);
  else exchange.answerJson(outcome.kind === 'created' ? 201 : 200, { bucket_id: bucket });
}

/** `DELETE /{bucket}`: only an empty one. */
export async function deleteBucket(context: BucketContext): Promise<void> {
  const { exchange, services, account, bucket } = context;
  const outcome = await services.buckets.remove(account, bucket);
  if (outcome.kind === 'refused') exchange.refuse(outcome.refusal);
  else exchange.answer(204, []);
}

/** `GET /{bucket}`: the ids of its streams, the first thousand of them. */
export async function getBucket(context: BucketContext): Promise<void> {
  const { exchange, services, account, bucket } = context;
  const request = { prefix: '', after: undefined, limit: LIMIT_MAX };
  const outcome = await services.buckets.list(account, bucket, request);
  if (outcome.kind === 'refused') {
    exchange.refuse(outcome.refusal);
    return;
  }
  const streams = outcome.streams.map(({ stream }) => stream);
  exchange.answerJson(200, { bucket_id: bucket, streams });
}

/** `GET /{bucket}/streams`: a page of its streams, sorted by the bytes of their ids. */
export async function listStreams(context: BucketContext): Promise<void> {
  const { exchange, services, account, bucket } = context;
  const parsed = parseList(exchange.query);
  if (!parsed.ok) {
    exchange.refuse(parsed.refusal);
    return;
  }
  const outcome = await services.buckets.list(account, bucket, parsed.value);
  if (outcome.kind === 'refused') {
    exchange.refuse(outcome.refusal);
    return;
  }
  const { streams, hasMore } = outcome;
  exchange.answerJson(200, {
    bucket_id: bucket,
    prefix: parsed.value.prefix,
    stream_count: streams.length,
    streams: streams.map(describe),
    next_cursor: hasMore ? (streams.at(-1)?.stream ?? null) : null,
    has_more: hasMore,
  });
}

function describe({ stream, head }: ListedStream): Record<string, unknown> {
  const { state, tail } = head;
  const expires = expiresAtMs(state);
  return {
    stream_id: stream,
    status: state.closed ? 'closed' : 'open',
    content_type: state.contentType,
    tail_offset: formatOffset(tail),
    created_at_ms: state.createdAtMs,
    last_write_at_ms: state.lastWriteAtMs,
    ...(expires === undefined ? {} : { expires_at_ms: expires }),
  };
}

function parseList(query: string): Parsed<ListStreamsRequest> {
  const parsed = parseQuery(query, ['prefix', 'after', 'limit']);
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  const limit = values.get('limit') ?? String(LIMIT_MAX);
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > LIMIT_MAX) {
    return invalidQuery('limit', `must be an integer from 1 to ${LIMIT_MAX}`);
  }
  for (const name of ['prefix', 'after'] as const) {
    const value = values.get(name) ?? '';
    if (value.includes('\0')) return invalidQuery(name, 'must not contain a zero byte');
    if (Buffer.byteLength(value) > STREAM_ID_BYTES_MAX) {
      return invalidQuery(name, `must be at most ${STREAM_ID_BYTES_MAX} bytes, as a stream id is`);
    }
  }
  return {
    ok: true,
    value: { prefix: values.get('prefix') ?? '', after: values.get('after'), limit: Number(limit) },
  };
}
