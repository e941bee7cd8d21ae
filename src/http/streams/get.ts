import { fromRecords } from '../../protocol/records.ts';
import { rangeTag } from '../../protocol/etag.ts';
import { position, START, type Position } from '../../protocol/offset.ts';
import { parseRead, type Parsed, type ReadRequest } from '../../protocol/request.ts';
import { readStitched } from '../../streams/reading.ts';
import type { StreamHead } from '../../streams/stream-head.ts';
import type { NodeExchange } from '../node-exchange.ts';
import { cachingFor, isKnown } from './caching.ts';
import type { DirectStreamContext, NodeStreamContext, StreamContext } from './context.ts';
import { READ_BYTES, sendLong, type LongAnswer } from './long-answer.ts';
import { cursorFor, longPoll } from './long-poll.ts';
import { pageHeaders } from './page-headers.ts';
import { followedHead, StreamSource, type Following } from './source.ts';
import { resume } from './resume.ts';
import { sse } from './sse.ts';

/** A read that knows its stream and where to begin. */
export interface Reading extends StreamContext {
  readonly name: string;
  readonly head: StreamHead;
  readonly from: Position;
  readonly request: ReadRequest;
}

/** The same where the answer may be a stream. */
export interface NodeReading extends Reading, NodeStreamContext {
  readonly exchange: NodeExchange;
}

/** `GET`: catches up, or follows (protocol, "5.6." to "5.8."). */
export async function get(context: NodeStreamContext): Promise<void> {
  const { exchange } = context;
  const begun = await begin(context, parseRead(exchange.query));
  if (begun === undefined) return;
  const reading: NodeReading = { ...begun, exchange };
  switch (reading.request.live) {
    case 'sse':
      sse(following(reading));
      return;
    case 'long-poll':
      await longPoll(following(reading));
      return;
    case undefined: {
      const long = await catchUp(reading);
      if (long !== undefined) await sendLong(reading, long);
      return;
    }
  }
}

function following(reading: NodeReading): Following {
  const { exchange, services, caller, request, name, head, from } = reading;
  const source = new StreamSource(services, name, head);
  return {
    exchange,
    services,
    caller,
    request,
    source,
    head: followedHead(head),
    from,
    answer: async () => {
      const cursor = cursorFor(reading);
      const long = await answerFrom({ ...reading, head: source.latest }, ['Stream-Cursor', cursor]);
      if (long !== undefined) await sendLong(reading, long);
    },
  };
}

/** `GET` whose answer is whole at once; declined when it follows or is long. */
export async function getDirectly(context: DirectStreamContext): Promise<void> {
  const parsed = parseRead(context.exchange.query);
  if (parsed.ok && parsed.value.live !== undefined) {
    context.exchange.decline();
    return;
  }
  const reading = await begin(context, parsed);
  const long = reading === undefined ? undefined : await catchUp(reading);
  if (long !== undefined) context.exchange.decline();
}

/** Finds the stream and the place to read from, or refuses. */
async function begin(
  { exchange, services, caller, ref }: StreamContext,
  parsed: Parsed<ReadRequest>,
): Promise<Reading | undefined> {
  if (!parsed.ok) {
    exchange.refuse(parsed.refusal);
    return undefined;
  }
  const found = await services.streams.find(ref);
  if (found.kind === 'refused') {
    exchange.refuse(found.refusal);
    return undefined;
  }
  const { name, head } = found;
  await services.streams.renew(name, head);
  const request = resume(parsed.value, exchange.headers.lastEventId);
  return { exchange, services, caller, ref, name, head, from: startOf(request, head), request };
}

function startOf({ offset }: ReadRequest, head: StreamHead): Position {
  switch (offset.kind) {
    case 'start':
      return head.state.fork === undefined ? head.start : START;
    case 'now':
      return head.tail;
    case 'at':
      return position(Math.min(offset.position, head.tail));
  }
}

async function catchUp(reading: Reading): Promise<LongAnswer | undefined> {
  const { exchange, head, request } = reading;
  if (request.offset.kind === 'now') {
    const headers = pageHeaders(followedHead(head), head.tail, true);
    headers.push('Cache-Control', 'no-store');
    exchange.answerWith(200, headers, fromRecords(head.state.contentType, []));
    return undefined;
  }
  return answerFrom(reading, []);
}

/**
 * Answers with the page from where the reading begins, or with what keeps it from being read. What
 * is too long to be held in memory is for the caller to answer.
 */
async function answerFrom(
  reading: Reading,
  extraHeaders: readonly string[],
): Promise<LongAnswer | undefined> {
  const { exchange, services, head, from, name } = reading;
  const { cache, store, limits } = services;
  const cached = cache.body(head.incarnation, from, head.tail);
  if (cached !== undefined) {
    answerBody(reading, cached, extraHeaders);
    return undefined;
  }
  const bytesMax = Math.min(limits.pageBytes, READ_BYTES);
  const outcome = await readStitched(store, name, head, from, bytesMax);
  switch (outcome.kind) {
    case 'trimmed':
      exchange.refuse({ code: 'offset-trimmed', earliest: outcome.earliest });
      return undefined;
    case 'absent':
      exchange.refuse({ code: 'stream-not-found' });
      return undefined;
    case 'corrupt':
      exchange.refuse({ code: 'data-corrupt' });
      return undefined;
    case 'page': {
      const { page } = outcome;
      if (page.to < head.tail && head.tail - page.from <= limits.pageBytes) {
        const read = { from: page.from, to: head.tail };
        const headers = readHeaders(reading, read, extraHeaders);
        if (!isKnown(exchange, headers.tag)) {
          return { first: page, until: head.tail, headers: headers.fields };
        }
        exchange.answer(304, headers.fields);
        return undefined;
      }
      const body = fromRecords(head.state.contentType, page.pieces);
      const read = { from: page.from, to: page.to, tail: head.tail, body };
      if (page.pieces.length > 0) cache.keepBody(head.incarnation, from, read);
      answerBody(reading, read, extraHeaders);
      return undefined;
    }
  }
}

interface ReadRange {
  readonly from: Position;
  readonly to: Position;
}

function answerBody(
  reading: Reading,
  read: ReadRange & { readonly body: Buffer },
  extraHeaders: readonly string[],
): void {
  const { exchange } = reading;
  const { fields, tag } = readHeaders(reading, read, extraHeaders);
  if (isKnown(exchange, tag)) exchange.answer(304, fields);
  else exchange.answerWith(200, fields, read.body);
}

function readHeaders(
  { head, caller }: Reading,
  { from, to }: ReadRange,
  extraHeaders: readonly string[],
): { fields: string[]; tag: string } {
  const isAtTail = to >= head.tail;
  const fields = pageHeaders(followedHead(head), to, isAtTail);
  const tag = rangeTag(head.incarnation, from, to, isAtTail && head.state.closed);
  const { cacheable, revalidated, vary } = cachingFor(caller);
  fields.push('ETag', tag, 'Cache-Control', to > from ? cacheable : revalidated);
  fields.push('Vary', vary, ...extraHeaders);
  return { fields, tag };
}
