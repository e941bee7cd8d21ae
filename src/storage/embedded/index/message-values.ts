import { ByteReader, MalformedBytes } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import type { ManagedConfig } from '../../../messages/config.ts';
import { DataCorrupt } from '../../port.ts';
import { decodeConfig, encodeConfig } from '../messages/config-codec.ts';
import { decodeSeqs, encodeSeqs } from '../messages/message-ops.ts';
import { MessageChunk, type ChunkPlaces } from '../messages/message-chunk.ts';
import { decodePlace, type MessagePlace } from '../messages/message-place.ts';
import type { Lsn } from '../wal/frame.ts';
import { checked, verify } from './checked.ts';

// The index's values for managed streams, each behind a crc32 of the rest.
//
//   stream  = storageId birthId version revision createdAtMs firstSeq lastSeq lastAtMs:(0 none)
//             messages bytes subjects nextSubjectId lastChunkAt lastChunkBytes idsUntilMs config
//   chunk   = count atMs { delta delta bytes } × count text × count     deltas of sequence and time;
//             how long each text is
//   subject = subjectId count firstSeq hasPostings:u8 seqs              seqs: the newest
//   posting = seqs
//   id      = seq:varint atMs:varint

/** A managed stream's head as the index keeps it. */
export interface StoredManaged {
  readonly storageId: number;
  /** Of its message ids; names the incarnation. */
  readonly birthId: number;
  readonly version: Lsn;
  readonly revision: number;
  readonly createdAtMs: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastAtMs: number | undefined;
  readonly messages: number;
  readonly bytes: number;
  readonly subjects: number;
  readonly nextSubjectId: number;
  /** The chunk that the next messages may join. */
  readonly lastChunkAt: number;
  readonly lastChunkBytes: number;
  /** No message id in the index is younger. */
  readonly idsUntilMs: number;
  readonly config: ManagedConfig;
}

export interface StoredSubject {
  readonly subjectId: number;
  readonly count: number;
  /** Its messages before this one are gone. */
  readonly firstSeq: number;
  /** Older sequences are in postings. */
  readonly hasPostings: boolean;
  readonly seqs: readonly number[];
}

const CONFIG_BYTES_USUAL = 512;

export function encodeManaged(stream: StoredManaged): Buffer {
  return checked(CONFIG_BYTES_USUAL, (out) => {
    out.varint(stream.storageId);
    out.varint(stream.birthId);
    out.varint(stream.version);
    out.varint(stream.revision);
    out.varint(stream.createdAtMs);
    out.varint(stream.firstSeq);
    out.varint(stream.lastSeq);
    out.varint(stream.lastAtMs ?? 0);
    out.varint(stream.messages);
    out.varint(stream.bytes);
    out.varint(stream.subjects);
    out.varint(stream.nextSubjectId);
    out.varint(stream.lastChunkAt);
    out.varint(stream.lastChunkBytes);
    out.varint(stream.idsUntilMs);
    encodeConfig(stream.config, out);
  });
}

export function decodeManaged(value: Buffer): StoredManaged {
  const from = verify(value);
  return {
    storageId: from.varint(),
    birthId: from.varint(),
    version: from.varint(),
    revision: from.varint(),
    createdAtMs: from.varint(),
    firstSeq: from.varint(),
    lastSeq: from.varint(),
    lastAtMs: from.varint() || undefined,
    messages: from.varint(),
    bytes: from.varint(),
    subjects: from.varint(),
    nextSubjectId: from.varint(),
    lastChunkAt: from.varint(),
    lastChunkBytes: from.varint(),
    idsUntilMs: from.varint(),
    config: decodeConfig(from),
  };
}

/** The head that the index has for a name. */
export function managedIn(value: Buffer, name: string): StoredManaged {
  try {
    return decodeManaged(value);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new DataCorrupt(`the managed stream ${JSON.stringify(name)}: ${error.message}`);
  }
}

/** `messages`: at least one, ascending. The first may have gone that the chunk is named after. */
export function encodeMessageChunk(at: number, messages: readonly MessagePlace[]): Buffer {
  const textBytes = messages.reduce((sum, message) => sum + message.bytes, 0);
  return checked(16 + messages.length * 12 + textBytes, (out) => {
    let lastSeq = at;
    let lastAtMs = messages[0]?.createdAtMs ?? 0;
    out.varint(messages.length);
    out.varint(lastAtMs);
    for (const { seq, createdAtMs, bytes } of messages) {
      out.varint(seq - lastSeq);
      out.varint(createdAtMs - lastAtMs);
      out.varint(bytes);
      lastSeq = seq;
      lastAtMs = createdAtMs;
    }
    copyTexts(messages, out);
  });
}

/** Messages that came together lie together: each such run is copied at once. */
function copyTexts(messages: readonly MessagePlace[], out: ByteWriter): void {
  let run: MessagePlace | undefined;
  let end = 0;
  for (const message of messages) {
    if (message.source !== run?.source || message.at !== end) {
      if (run !== undefined) out.copyFrom(run.source, run.at, end - run.at);
      run = message;
    }
    end = message.at + message.bytes;
  }
  if (run !== undefined) out.copyFrom(run.source, run.at, end - run.at);
}

export function decodeMessageChunk(firstSeq: number, value: Buffer): MessageChunk {
  return new MessageChunk(firstSeq, placesIn(firstSeq, value));
}

function placesIn(firstSeq: number, value: Buffer): ChunkPlaces {
  const from = verify(value);
  const seqs: number[] = [];
  const times: number[] = [];
  const texts: number[] = [];
  let seq = firstSeq;
  let text = 0;
  const count = from.varint();
  let createdAtMs = from.varint();
  for (let left = count; left > 0; left -= 1) {
    seq += from.varint();
    createdAtMs += from.varint();
    seqs.push(seq);
    times.push(createdAtMs);
    texts.push(text);
    text += from.varint();
  }
  return { value, seqs, times, texts: texts.map((each) => from.position + each) };
}

/** One message of a chunk, in bytes of its own. */
export function messageInChunk(
  firstSeq: number,
  value: Buffer,
  seq: number,
): MessagePlace | undefined {
  const from = verify(value);
  let each = firstSeq;
  let text = 0;
  let found: { readonly text: number; readonly bytes: number; readonly atMs: number } | undefined;
  const count = from.varint();
  let atMs = from.varint();
  // All entries are gone through: the texts begin behind them.
  for (let left = count; left > 0; left -= 1) {
    each += from.varint();
    atMs += from.varint();
    const bytes = from.varint();
    if (each === seq) found = { text, bytes, atMs };
    text += bytes;
  }
  if (found === undefined) return undefined;
  const at = from.position + found.text;
  const own = Buffer.from(value.subarray(at, at + found.bytes));
  return decodePlace(seq, found.atMs, new ByteReader(own));
}

export function encodeSubject(subject: StoredSubject): Buffer {
  return checked(32 + subject.seqs.length * 3, (out) => {
    out.varint(subject.subjectId);
    out.varint(subject.count);
    out.varint(subject.firstSeq);
    out.u8(subject.hasPostings ? 1 : 0);
    encodeSeqs(subject.seqs, out);
  });
}

export function decodeSubject(value: Buffer): StoredSubject {
  const from = verify(value);
  return {
    subjectId: from.varint(),
    count: from.varint(),
    firstSeq: from.varint(),
    hasPostings: from.u8() === 1,
    seqs: decodeSeqs(from),
  };
}

export function encodePosting(seqs: readonly number[]): Buffer {
  return checked(16 + seqs.length * 3, (out) => {
    encodeSeqs(seqs, out);
  });
}

export function decodePosting(value: Buffer): number[] {
  return decodeSeqs(verify(value));
}

export interface StoredId {
  readonly seq: number;
  readonly atMs: number;
}

export function encodeId({ seq, atMs }: StoredId): Buffer {
  return checked(24, (out) => {
    out.varint(seq);
    out.varint(atMs);
  });
}

export function decodeId(value: Buffer): StoredId {
  const from = verify(value);
  return { seq: from.varint(), atMs: from.varint() };
}
