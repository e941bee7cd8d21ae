import { ByteWriter } from '../../../lib/byte-writer.ts';
import type { NewMessage } from '../../../messages/config.ts';
import { encodeConfig } from './config-codec.ts';
import {
  encodeMessageOp,
  encodePublishHead,
  encodeSeqs,
  type LoggedMessageOp,
} from './message-ops.ts';
import { encodeText, type MessagePlace } from './message-place.ts';

type LoggedPublish = Extract<LoggedMessageOp, { kind: 'publish' }>;

/** An op that was decided on; a publish brings its messages from wherever they are. */
export type OpToWrite =
  | Exclude<LoggedMessageOp, { kind: 'publish' }>
  | (Omit<LoggedPublish, 'messages'> & {
      readonly messages: readonly NewMessage[];
      readonly isInMemory: boolean;
    });

const NUMBERS_BOUND = 128;
const SEQ_BOUND = 8;
/** Three bytes a unit of a JavaScript string, at most. */
const UNIT_BYTES_MAX = 3;
const MESSAGE_NUMBERS_BOUND = 16;

/** At least as many bytes as the op will take. */
export function boundOfMessageOp(op: OpToWrite): number {
  let bound = NUMBERS_BOUND + op.name.length * UNIT_BYTES_MAX;
  switch (op.kind) {
    case 'configure':
      return bound + configBytes(op.config);
    case 'remove':
      return bound + op.seqs.length * SEQ_BOUND;
    case 'clear':
    case 'drop':
      return bound;
    case 'publish': {
      bound += (op.messageId?.length ?? 0) * UNIT_BYTES_MAX;
      bound += (op.seqs.length + op.times.length + op.dropped.length) * SEQ_BOUND;
      if (op.isInMemory) return bound;
      for (const { subject, body } of op.messages) {
        bound += MESSAGE_NUMBERS_BOUND + subject.length * UNIT_BYTES_MAX + body.length;
      }
      return bound;
    }
  }
}

/** A configuration is written rarely, and twice to know its length. */
function configBytes(config: Extract<OpToWrite, { kind: 'configure' }>['config']): number {
  const out = new ByteWriter();
  encodeConfig(config, out);
  return out.length;
}

/** Writes the op and answers with it as the log has it. */
export function writeMessageOp(op: OpToWrite, out: ByteWriter): LoggedMessageOp {
  if (op.kind !== 'publish') {
    encodeMessageOp(op, out);
    return op;
  }
  const { name, atMs, times, messageId, seqs, dropped, isInMemory } = op;
  encodePublishHead({ name, atMs, times, messageId, seqs, hasTexts: !isInMemory }, out);
  const messages = isInMemory ? keptAside(op) : writeTexts(op, out);
  encodeSeqs(dropped, out);
  return { kind: 'publish', name, atMs, times, messageId, seqs, messages, dropped };
}

type Publish = Extract<OpToWrite, { kind: 'publish' }>;

function writeTexts({ messages, seqs, atMs, times }: Publish, out: ByteWriter): MessagePlace[] {
  return messages.map(({ subject, body }, index) => {
    const at = out.length;
    const bodyAt = encodeText(subject, body, out);
    return {
      seq: seqs[index] ?? 0,
      subject,
      createdAtMs: times[index] ?? atMs,
      source: out.buffer,
      at,
      bytes: out.length - at,
      bodyAt,
      bodyBytes: body.length,
    };
  });
}

/** Messages that are not written have to lie somewhere of their own. */
function keptAside(op: Publish): MessagePlace[] {
  const bytes = op.messages.reduce(
    (sum, { subject, body }) => sum + MESSAGE_NUMBERS_BOUND + subject.length * 3 + body.length,
    0,
  );
  return writeTexts(op, new ByteWriter(bytes));
}
