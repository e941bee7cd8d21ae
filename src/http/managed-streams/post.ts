import {
  isMessageId,
  MESSAGE_ID_RULE,
  type NewMessage,
  type StreamName,
} from '../../messages/config.ts';
import type { Published } from '../../managed/managed-service.ts';
import { isContentType, isJson, JSON_TYPE } from '../../protocol/content-type.ts';
import { matchesStrongly, parseTagList } from '../../protocol/etag.ts';
import { formatOffset, position } from '../../protocol/offset.ts';
import { toRecords, type Records } from '../../protocol/records.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import type { Parsed } from '../../protocol/request.ts';
import type { ManagedHead } from '../../storage/message-port.ts';
import { isSubject, type Subject } from '../../subjects/subject.ts';
import type { NodeExchange } from '../node-exchange.ts';
import { receiveBody } from '../streams/receive-body.ts';
import { findManaged, tagOf, type ManagedStreamContext } from './context.ts';
import { asRefusal } from './refusal.ts';

/** `POST /streams/{name}`: each message of the JSON body on the subject of `Stream-Subject`. */
export async function postManaged(context: ManagedStreamContext): Promise<void> {
  const { exchange, services, caller } = context;
  const unfit = unfitHeader(exchange);
  if (unfit !== undefined) {
    exchange.refuse(unfit);
    return;
  }
  const body = await receiveBody(exchange, services.limits);
  if (body === undefined) return;
  const found = findManaged(context);
  if (found === undefined) return;
  const asked = readAppend(exchange, body, found.name, found.head, context);
  if (!asked.ok) {
    exchange.refuse(asked.refusal);
    return;
  }
  const { messages, expectedLastSeq } = asked.value;
  const outcome = await services.managed.publish(caller.account, found.name, {
    messages,
    messageId: exchange.headers.msgId,
    expectedLastSeq,
    expectedLastSubjectSeq: undefined,
  });
  if (outcome.kind === 'published') services.onAppended(body.length);
  respond(exchange, found.head, outcome);
}

interface Append {
  readonly messages: readonly NewMessage[];
  readonly expectedLastSeq: number | undefined;
}

/** What a durable stream knows and a managed one does not: better refused than passed over. */
function unfitHeader({ headers }: NodeExchange): Refusal | undefined {
  const durableOnly: readonly (readonly [string, string | undefined])[] = [
    ['Producer-Id', headers.producerId],
    ['Producer-Epoch', headers.producerEpoch],
    ['Producer-Seq', headers.producerSeq],
    ['Stream-Seq', headers.streamSeq],
    ['Stream-Closed', headers.streamClosed],
  ];
  const [header] = durableOnly.find(([, value]) => value !== undefined) ?? [];
  if (header !== undefined) {
    const reason = 'means nothing to a managed stream; use Msg-Id to make retries safe';
    return { code: 'invalid-header', header, reason };
  }
  const { msgId } = headers;
  if (msgId === undefined || isMessageId(msgId)) return undefined;
  return { code: 'invalid-header', header: 'Msg-Id', reason: MESSAGE_ID_RULE };
}

function readAppend(
  { headers }: NodeExchange,
  body: Buffer,
  name: StreamName,
  head: ManagedHead,
  { services }: ManagedStreamContext,
): Parsed<Append> {
  const type = headers.contentType;
  if (type === undefined) return { ok: false, refusal: { code: 'content-type-missing' } };
  if (!isContentType(type) || !isJson(type)) {
    return { ok: false, refusal: { code: 'content-type-differs', expected: JSON_TYPE } };
  }
  const subject = subjectOf(headers.streamSubject, name);
  if (!subject.ok) return subject;
  const { jsonDepthMax, messagesPerAppendMax: messagesMax } = services.limits;
  const records = toRecords(type, body, { jsonDepthMax, messagesMax });
  if (!records.ok) return records;
  if (records.value.lengths.length === 0) return { ok: false, refusal: { code: 'empty-append' } };
  const { ifMatch } = headers;
  const messages = messagesOf(records.value, subject.value);
  if (ifMatch === undefined) return { ok: true, value: { messages, expectedLastSeq: undefined } };
  const tags = parseTagList(ifMatch);
  const tag = tagOf(head);
  if (tags === undefined || !matchesStrongly(tags, tag)) {
    return { ok: false, refusal: { code: 'precondition-failed', tag } };
  }
  return { ok: true, value: { messages, expectedLastSeq: head.lastSeq } };
}

function subjectOf(given: string | undefined, name: StreamName): Parsed<Subject> {
  if (given === undefined) return { ok: true, value: name };
  if (isSubject(given)) return { ok: true, value: given };
  const reason = 'must be a subject without wildcards: tokens between dots, such as orders.eu';
  return { ok: false, refusal: { code: 'invalid-header', header: 'Stream-Subject', reason } };
}

/** Records of JSON have a comma behind each that a message has not. */
function messagesOf({ bytes, lengths }: Records, subject: Subject): NewMessage[] {
  let at = 0;
  return lengths.map((length) => {
    const body = bytes.subarray(at, at + length - 1);
    at += length;
    return { subject, body };
  });
}

function respond(exchange: NodeExchange, { incarnation }: ManagedHead, outcome: Published): void {
  switch (outcome.kind) {
    case 'refused':
      exchange.refuse(asRefusal(outcome.refusal));
      return;
    case 'published':
      exchange.answer(204, describe(incarnation, outcome.lastSeq));
      return;
    case 'duplicate':
      exchange.answer(204, describe(incarnation, outcome.seq));
      return;
  }
}

/** The stream as the append left it: an append that goes on from its tag comes right behind it. */
function describe(incarnation: string, lastSeq: number): string[] {
  const offset = formatOffset(position(lastSeq));
  return ['Stream-Next-Offset', offset, 'ETag', tagOf({ incarnation, lastSeq })];
}
