import type { Headers, Message } from '../http/client.ts';
import { offsetText } from '../model.ts';
import type { ModelCreate, ModelFork, ModelProducer, ModelWrite } from './requests.ts';

export function toPost(request: ModelWrite): Message {
  const { type, body, closes, streamSeq, producer, ifMatch } = request;
  const headers: Headers = {
    ...(type === undefined ? {} : { 'Content-Type': type }),
    ...(closes ? { 'Stream-Closed': 'true' } : {}),
    ...(streamSeq === undefined ? {} : { 'Stream-Seq': streamSeq }),
    ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
    ...(producer === undefined ? {} : producerHeaders(producer)),
  };
  return { headers, body };
}

export function toPut(request: ModelCreate): Message {
  const { body, ifNoneMatch, lifetime, fork } = request;
  const headers: Headers = {
    ...toPost(request).headers,
    ...(ifNoneMatch === undefined ? {} : { 'If-None-Match': ifNoneMatch }),
    ...(lifetime === undefined ? {} : { [lifetime.name]: lifetime.value }),
    ...(fork === undefined ? {} : forkHeaders(fork)),
  };
  return { headers, body };
}

function producerHeaders({ id, epoch, seq }: ModelProducer): Headers {
  return { 'Producer-Id': id, 'Producer-Epoch': String(epoch), 'Producer-Seq': String(seq) };
}

function forkHeaders({ source, at, sub }: ModelFork): Headers {
  return {
    'Stream-Forked-From': source,
    ...(at === undefined ? {} : { 'Stream-Fork-Offset': offsetText(at) }),
    ...(sub === 0 ? {} : { 'Stream-Fork-Sub-Offset': String(sub) }),
  };
}
