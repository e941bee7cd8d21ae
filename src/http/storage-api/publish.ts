import {
  isMessageId,
  isStreamName,
  MESSAGE_ID_RULE,
  type StreamName,
} from '../../messages/config.ts';
import { parsePublishBody } from '../../messages/publish-body.ts';
import type { ManagedService, Published, Publishing } from '../../managed/managed-service.ts';
import { isPromise } from '../../lib/maybe-promise.ts';
import type { JudgeCaller } from '../caller.ts';
import type { Exchange } from '../exchange.ts';
import { refuseWith, validationError } from '../json/api-error.ts';
import { judgeMediaType } from '../json/json-body.ts';
import type { StreamHeaders } from '../raw-headers.ts';
import type { HttpLimits } from '../services.ts';
import { receiveBody } from '../streams/receive-body.ts';
import { toApiError } from './refusal.ts';
import type { Read } from './given-config.ts';

export interface PublishContext {
  readonly exchange: Exchange;
  readonly managed: ManagedService;
  readonly limits: HttpLimits;
  readonly judgeCaller: JudgeCaller;
  /** As the path has it, decoded. */
  readonly name: string;
}

/**
 * `POST /storage/streams/{name}/messages`. Served without the framework: a message is stored as it
 * was sent, so nothing of it needs to be parsed into values and written again.
 */
export async function publish(context: PublishContext): Promise<void> {
  const { exchange, managed, limits, judgeCaller, name } = context;
  const judging = judgeCaller(exchange, 'storage:write', name);
  const judged = isPromise(judging) ? await judging : judging;
  if (judged.kind === 'refused') {
    refuseWith(exchange, judged.error);
    return;
  }
  if (!isStreamName(name)) {
    refuseWith(exchange, validationError('name', 'must be 1 to 255 of A-Z, a-z, 0-9, "_" and "-"'));
    return;
  }
  const receiving = receiveBody(exchange, limits);
  const body = isPromise(receiving) ? await receiving : receiving;
  if (body === undefined || !isJson(exchange)) return;
  const read = readPublishing(exchange.headers, body, name, limits);
  if (!read.ok) {
    const { field, reason } = read.complaint;
    refuseWith(exchange, validationError(field, reason));
    return;
  }
  const { publishing, isBatch } = read.value;
  const outcome = await managed.publish(judged.caller.account, name, publishing);
  answer(exchange, name, outcome, isBatch);
}

/** False: the request has been refused for what its body is. */
function isJson(exchange: Exchange): boolean {
  const strange = judgeMediaType(exchange.headers.contentType);
  if (strange !== undefined) refuseWith(exchange, strange);
  return strange === undefined;
}

function readPublishing(
  headers: StreamHeaders,
  bytes: Buffer,
  name: StreamName,
  { jsonDepthMax, messagesPerAppendMax }: HttpLimits,
): Read<{ publishing: Publishing; isBatch: boolean }> {
  const { msgId: messageId } = headers;
  if (messageId !== undefined && !isMessageId(messageId)) {
    return { ok: false, complaint: { field: 'Msg-Id', reason: MESSAGE_ID_RULE } };
  }
  const last = readSeq('Expected-Last-Seq', headers.expectedLastSeq);
  if (!last.ok) return last;
  const lastOfSubject = readSeq('Expected-Last-Subject-Seq', headers.expectedLastSubjectSeq);
  if (!lastOfSubject.ok) return lastOfSubject;
  const read = parsePublishBody(bytes, name, { jsonDepthMax, messagesMax: messagesPerAppendMax });
  if (!read.ok) return read;
  const publishing = {
    messages: read.messages,
    messageId,
    expectedLastSeq: last.value,
    expectedLastSubjectSeq: lastOfSubject.value,
  };
  return { ok: true, value: { publishing, isBatch: read.isBatch } };
}

function readSeq(header: string, text: string | undefined): Read<number | undefined> {
  if (text === undefined) return { ok: true, value: undefined };
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return { ok: true, value };
  return { ok: false, complaint: { field: header, reason: 'must be a sequence, or 0' } };
}

const HEADERS = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];

function answer(exchange: Exchange, name: StreamName, outcome: Published, isBatch: boolean): void {
  switch (outcome.kind) {
    case 'refused':
      refuseWith(exchange, toApiError(outcome.refusal));
      return;
    case 'duplicate':
      exchange.answerWith(200, HEADERS, `${success(name, outcome.seq)},"duplicate":true}`);
      return;
    case 'published': {
      const { firstSeq, lastSeq } = outcome;
      const first = isBatch ? `,"first_seq":${firstSeq}` : '';
      exchange.answerWith(200, HEADERS, `${success(name, lastSeq)}${first}}`);
    }
  }
}

/** Nothing in a stream's name has to be escaped. */
function success(name: StreamName, seq: number): string {
  return `{"message":"success","stream":"${name}","seq":${seq}`;
}
