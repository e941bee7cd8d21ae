import { rangeTag } from '../../protocol/etag.ts';
import { position, type Position } from '../../protocol/offset.ts';
import { fromRecords } from '../../protocol/records.ts';
import { parseRead, type ReadRequest } from '../../protocol/request.ts';
import type { ManagedHead } from '../../storage/message-port.ts';
import type { Page } from '../../storage/port.ts';
import { cachingFor, isKnown } from '../streams/caching.ts';
import { READ_BYTES } from '../streams/long-answer.ts';
import { cursorFor, longPoll } from '../streams/long-poll.ts';
import { pageHeaders } from '../streams/page-headers.ts';
import { resume } from '../streams/resume.ts';
import { sse } from '../streams/sse.ts';
import type { FollowedHead, Following } from '../streams/source.ts';
import { findManaged, startOf, tailOf, type ManagedStreamContext } from './context.ts';
import { ManagedSource } from './managed-source.ts';
import { NO_MANAGED_STREAM } from './refusal.ts';
import { parseView } from './view.ts';

/** `GET /streams/{name}`: catches up, or follows, as with a durable stream. */
export async function getManaged(context: ManagedStreamContext): Promise<void> {
  const { exchange, services, caller } = context;
  const parsed = parseRead(exchange.query);
  const view = parseView(exchange.query);
  if (!parsed.ok || !view.ok) {
    if (!parsed.ok) exchange.refuse(parsed.refusal);
    else if (!view.ok) exchange.refuse(view.refusal);
    return;
  }
  const found = findManaged(context);
  if (found === undefined) return;
  const { name, head } = found;
  const request = resume(parsed.value, exchange.headers.lastEventId);
  const from = placeOf(request, head);
  if (from < startOf(head)) {
    exchange.refuse({ code: 'offset-trimmed', earliest: startOf(head) });
    return;
  }
  const { account } = caller;
  const { managed } = services;
  const { incarnation } = head;
  const source = new ManagedSource({ managed, account, name, incarnation, view: view.value });
  const following: Following = {
    exchange,
    services,
    caller,
    request,
    source,
    head: source.followed(head),
    from,
    answer: (now, at) => answerPage(following, now, at, ['Stream-Cursor', cursorFor(following)]),
  };
  if (request.live === 'sse') sse(following);
  else if (request.live === 'long-poll') await longPoll(following);
  else await answerPage(following, following.head, from, []);
}

function placeOf({ offset }: ReadRequest, head: ManagedHead): Position {
  switch (offset.kind) {
    case 'start':
      return startOf(head);
    case 'now':
      return tailOf(head);
    case 'at':
      return position(Math.min(offset.position, head.lastSeq));
  }
}

async function answerPage(
  following: Following,
  head: FollowedHead,
  from: Position,
  extraHeaders: readonly string[],
): Promise<void> {
  const { exchange, services, source } = following;
  const bytesMax = Math.min(services.limits.pageBytes, READ_BYTES);
  const outcome = await source.read(head, from, bytesMax);
  switch (outcome.kind) {
    case 'trimmed':
      exchange.refuse({ code: 'offset-trimmed', earliest: outcome.earliest });
      return;
    case 'absent':
      exchange.refuse(NO_MANAGED_STREAM);
      return;
    case 'corrupt':
      exchange.refuse({ code: 'data-corrupt' });
      return;
    case 'page':
      answerWith(following, head, outcome.page, extraHeaders);
  }
}

/** Messages may be removed at any time, so an answer is good only for as long as its tag is. */
function answerWith(
  { exchange, caller }: Following,
  head: FollowedHead,
  { from, to, pieces }: Page,
  extraHeaders: readonly string[],
): void {
  const headers = pageHeaders(head, to, to >= head.tail);
  const tag = rangeTag(encodeURIComponent(head.incarnation), from, to, false);
  const { revalidated, vary } = cachingFor(caller);
  headers.push('ETag', tag, 'Cache-Control', revalidated, 'Vary', vary, ...extraHeaders);
  if (isKnown(exchange, tag)) exchange.answer(304, headers);
  else exchange.answerWith(200, headers, fromRecords(head.contentType, pieces));
}
