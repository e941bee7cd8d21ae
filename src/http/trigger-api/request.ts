import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Caller } from '../../accounts/caller.ts';
import type { Relay, Relayed, RelayRequest } from '../../delivery/relay.ts';
import { isPromise } from '../../lib/maybe-promise.ts';
import { parseQuery } from '../../protocol/query.ts';
import { HOPS_HEADER, nextHops } from '../../triggers/hops.ts';
import { traceHeaders } from '../../triggers/trace-context.ts';
import type { JudgeCaller } from '../caller.ts';
import { errorOfHops } from '../hops.ts';
import { refuseWith } from '../json/api-error.ts';
import type { LiveReaders } from '../live-readers.ts';
import { headerOf, type NodeExchange } from '../node-exchange.ts';
import type { HttpLimits } from '../services.ts';
import { errorOfRelayed } from './request-errors.ts';

export interface RequestContext {
  readonly exchange: NodeExchange;
  readonly relay: Relay;
  readonly live: LiveReaders;
  readonly limits: HttpLimits;
  readonly judgeCaller: JudgeCaller;
  /** As the path has it, decoded. */
  readonly subject: string;
}

const PREFIX = '/trigger/request/';

/** The subject that a path asks for, decoded; undefined where it is no such path, or none that can be read. */
export function requestedSubject(path: string): string | undefined {
  const encoded = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '/';
  if (encoded.includes('/') || !/^[\x21-\x7e]*$/.test(encoded)) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/**
 * `POST /trigger/request/{subject}`. Served without the framework: what is asked and answered is of
 * any type, and may come in parts.
 */
export async function request(context: RequestContext): Promise<void> {
  const { exchange, judgeCaller, subject } = context;
  const judging = judgeCaller(exchange, 'trigger:write', subject);
  const judged = isPromise(judging) ? await judging : judging;
  if (judged.kind === 'refused') {
    refuseWith(exchange, judged.error);
    return;
  }
  const waiting = new AbortController();
  const abort = (): void => {
    waiting.abort();
  };
  // Nobody waits for an answer any more, or has had it.
  exchange.response.on('close', abort);
  const read = await readRequest(context, judged.caller, waiting);
  if (read === undefined) return;
  const relayed = await context.relay.ask(read);
  if (relayed.kind === 'whole') answerWhole(exchange, subject, relayed);
  else if (relayed.kind === 'parts') await answerInParts(context, judged.caller, relayed, abort);
  else refuseWith(exchange, errorOfRelayed(relayed, subject));
}

/** Undefined: it has been refused. */
async function readRequest(
  { exchange, limits, subject }: RequestContext,
  { account }: Caller,
  waiting: AbortController,
): Promise<RelayRequest | undefined> {
  const { contentEncoding: encoding = 'identity' } = exchange.headers;
  if (encoding.toLowerCase() !== 'identity') {
    exchange.refuse({ code: 'content-encoding-unsupported', encoding });
    return undefined;
  }
  const query = parseQuery(exchange.query, ['page']);
  if (!query.ok) {
    exchange.refuse(query.refusal);
    return undefined;
  }
  const hops = nextHops(headerOf(exchange, HOPS_HEADER));
  if (hops.kind !== 'next') {
    refuseWith(exchange, errorOfHops(hops));
    return undefined;
  }
  const body = await exchange.body(limits.bodyBytesMax);
  if (body === undefined) return undefined;
  const hasBody = body.length > 0;
  return {
    account,
    subject,
    body: hasBody ? body : undefined,
    headers: picked(exchange, hasBody ? ['content-type', ...ASKED] : ASKED),
    trace: traceHeaders(headerOf(exchange, 'traceparent'), headerOf(exchange, 'tracestate')),
    hops: hops.value,
    page: query.value.get('page'),
    waiting,
  };
}

/** What a service is told of a request. Credentials are none of its business. */
const ASKED = ['accept', 'last-event-id'] as const;

function picked(exchange: NodeExchange, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = headerOf(exchange, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

type Whole = Extract<Relayed, { kind: 'whole' }>;
type InParts = Extract<Relayed, { kind: 'parts' }>;

function answerWhole(exchange: NodeExchange, subject: string, whole: Whole): void {
  const { status, body, next } = whole;
  const headers = [...headersOf(whole), ...(next === undefined ? [] : linkTo(subject, next))];
  if (status === 204 || status === 304) exchange.answer(status, headers);
  else exchange.answerWith(status, headers, body);
}

function linkTo(subject: string, token: string): readonly string[] {
  return ['Link', `<${PREFIX}${encodeURIComponent(subject)}?page=${token}>; rel="next"`];
}

/** A page of a stranger's must not act as one of this server's. */
function headersOf({ contentType }: Whole | InParts): readonly string[] {
  const type = contentType === undefined ? [] : ['Content-Type', contentType];
  return [...type, 'Cache-Control', 'no-store', 'Content-Security-Policy', 'sandbox'];
}

/** A live reader like any other: counted, and ended with its credential and with the server. */
async function answerInParts(
  { exchange, live }: RequestContext,
  { account, onRevoked }: Caller,
  parts: InParts,
  abort: () => void,
): Promise<void> {
  const refusal = live.refusalFor(account);
  if (refusal !== undefined) {
    parts.body.cancel();
    exchange.refuse(refusal);
    return;
  }
  const reader = { account, tick: () => undefined, shutdown: abort };
  live.add(reader);
  const stopListening = onRevoked(abort);
  exchange.begin(parts.status, headersOf(parts));
  // The client is to see that it is answered before there is a part.
  exchange.response.flushHeaders();
  // What breaks off there breaks off here, so that nobody takes it for whole.
  await pipeline(Readable.from(parts.body), exchange.response).catch(() => {
    exchange.response.destroy();
  });
  parts.body.cancel();
  stopListening();
  live.remove(reader);
}
