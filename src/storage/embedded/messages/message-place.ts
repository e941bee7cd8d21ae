import { MalformedBytes, type ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { sizeOf, type Held } from '../../../messages/view.ts';
import { isSubject, type Subject } from '../../../subjects/subject.ts';
import type { StoredMessage } from '../../message-port.ts';

// A message's text, the same in the write-ahead log and in a chunk, so that it is copied as it is:
//
//   text = subject:text length:varint body ","

const COMMA = 0x2c;

/** A message where it lies: in the write-ahead log's memory, in a segment or a chunk that was read. */
export interface MessagePlace {
  readonly seq: number;
  readonly subject: Subject;
  readonly createdAtMs: number;
  readonly source: Buffer;
  /** Where its text lies. */
  readonly at: number;
  readonly bytes: number;
  readonly bodyAt: number;
  readonly bodyBytes: number;
}

/** Writes a message's text and says where its body begins. */
export function encodeText(subject: Subject, body: Buffer, out: ByteWriter): number {
  out.text(subject);
  out.varint(body.length);
  const bodyAt = out.length;
  out.bytes(body);
  out.u8(COMMA);
  return bodyAt;
}

export function decodePlace(seq: number, createdAtMs: number, from: ByteReader): MessagePlace {
  const at = from.position;
  const subject = from.text();
  if (!isSubject(subject)) throw new MalformedBytes('not a subject');
  const bodyBytes = from.varint();
  const bodyAt = from.skip(bodyBytes);
  if (from.u8() !== COMMA) throw new MalformedBytes('a body without its end');
  const bytes = from.position - at;
  return { seq, subject, createdAtMs, source: from.buffer, at, bytes, bodyAt, bodyBytes };
}

/** What limits count of it. */
export function heldOf({ seq, subject, createdAtMs, bodyBytes }: MessagePlace): Held {
  return { seq, subject, createdAtMs, bytes: sizeOf(subject, bodyBytes) };
}

export function storedMessage(place: MessagePlace): StoredMessage {
  const { seq, subject, createdAtMs, source, bodyAt, bodyBytes } = place;
  return { seq, subject, createdAtMs, body: source.subarray(bodyAt, bodyAt + bodyBytes) };
}
