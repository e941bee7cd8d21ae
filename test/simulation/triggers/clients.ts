import { JSON_TYPE } from '../../../src/protocol/content-type.ts';
import { PLAIN } from '../../support/stream-requests.ts';
import { newMessage, pattern } from '../../support/managed.ts';
import { textOfBody } from './body.ts';
import type { Services } from './life.ts';
import { ACCOUNT, BUCKET, type DurableSpec, type ManagedSpec } from './names.ts';
import type { Action } from './workload.ts';

type OnStream = Extract<Action, { kind: 'write' | 'make' | 'drop' }>;

const WRITE = { ...PLAIN, contentType: JSON_TYPE };
const NOTHING = {
  messageId: undefined,
  expectedLastSeq: undefined,
  expectedLastSubjectSeq: undefined,
};

/** Asks what a client asks of a stream. Answers with what it is told. */
export async function perform(services: Services, action: OnStream): Promise<string> {
  const outcome = await (action.spec.kind === 'managed'
    ? onManaged(services, action, action.spec)
    : onDurable(services, action, action.spec));
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;
}

async function onManaged(
  { managed }: Services,
  action: OnStream,
  { stream, captures }: ManagedSpec,
) {
  switch (action.kind) {
    case 'make': {
      const { messagesMax, discard } = action;
      const given = { subjects: [pattern(captures)], messagesMax, discard };
      return await managed.put(ACCOUNT, stream, given);
    }
    case 'drop':
      return await managed.remove(ACCOUNT, stream);
    case 'write': {
      const on = captures.replace('*', action.token);
      const messages = action.bodies.map((body) => newMessage(on, textOfBody(body)));
      return await managed.publish(ACCOUNT, stream, { messages, ...NOTHING });
    }
  }
}

async function onDurable({ streams, buckets }: Services, action: OnStream, { ref }: DurableSpec) {
  switch (action.kind) {
    case 'make': {
      if (ref.bucket !== undefined) await buckets.ensure(ACCOUNT, BUCKET);
      return await streams.create(ref, WRITE, Buffer.alloc(0));
    }
    case 'drop':
      return await streams.remove(ref, undefined);
    case 'write':
      return await streams.append(
        ref,
        WRITE,
        Buffer.from(`[${action.bodies.map(textOfBody).join()}]`),
      );
  }
}
