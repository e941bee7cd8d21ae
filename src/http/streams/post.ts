import { isPromise } from '../../lib/maybe-promise.ts';
import { formatOffset } from '../../protocol/offset.ts';
import { tagOf } from '../../protocol/create.ts';
import { parseAppend, type WriteRequest } from '../../protocol/request.ts';
import type { AppendOutcome } from '../../streams/stream-service.ts';
import type { StreamHead } from '../../streams/stream-head.ts';
import type { Exchange } from '../exchange.ts';
import type { StreamContext } from './context.ts';
import { receiveBody } from './receive-body.ts';

/** `POST`: appends, closes, or both at once (protocol, "5.2." and "5.3."). */
export async function post(context: StreamContext): Promise<void> {
  const { exchange, services, ref } = context;
  const parsed = parseAppend(exchange.headers);
  if (!parsed.ok) {
    exchange.refuse(parsed.refusal);
    return;
  }
  const receiving = receiveBody(exchange, services.limits);
  const body = isPromise(receiving) ? await receiving : receiving;
  if (body === undefined) return;
  const outcome = await services.streams.append(ref, parsed.value, body);
  if (outcome.kind === 'appended' && body.length > 0) services.onAppended(body.length);
  respond(exchange, parsed.value, body.length > 0, outcome);
}

function respond(
  exchange: Exchange,
  { producer }: WriteRequest,
  hasBody: boolean,
  outcome: AppendOutcome,
): void {
  switch (outcome.kind) {
    case 'refused':
      exchange.refuse(outcome.refusal);
      return;
    case 'appended': {
      const headers = describe(outcome.head);
      if (producer === undefined) {
        exchange.answer(204, headers);
        return;
      }
      headers.push('Producer-Epoch', String(producer.epoch), 'Producer-Seq', String(producer.seq));
      // New data of a producer is told from its retry by the status; a bare close is always 204.
      if (hasBody) exchange.answerWith(200, headers, '');
      else exchange.answer(204, headers);
      return;
    }
    case 'duplicate': {
      const { epoch, highestSeq, head } = outcome;
      const headers = describe(head);
      headers.push('Producer-Epoch', String(epoch), 'Producer-Seq', String(highestSeq));
      exchange.answer(204, headers);
      return;
    }
    case 'closed-already':
      exchange.answer(204, describe(outcome.head));
      return;
  }
}

function describe(head: StreamHead): string[] {
  const headers = ['Stream-Next-Offset', formatOffset(head.tail), 'ETag', tagOf(head)];
  if (head.state.closed) headers.push('Stream-Closed', 'true');
  return headers;
}
