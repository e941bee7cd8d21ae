import { MalformedBytes, type ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import {
  isStreamName,
  type ManagedConfig,
  type Origin,
  type StreamName,
} from '../../../messages/config.ts';
import { isSubjectPattern, type SubjectPattern } from '../../../subjects/subject.ts';

// How a managed stream's configuration stands on disk. Numbers here never change meaning.
//
//   config   = name:text flags:u8 maybe(description) pairs(metadata) list(subjects)
//              limit × 6 (messages, bytes, maxAgeNs, messagesPerSubject, messageBytes, consumers)
//              replicas:varint duplicateWindowNs:number maybe(mirror) list(sources)
//   flags    = 0x01 memory | 0x02 discard new | 0x04 sealed | 0x08 deny delete | 0x10 deny purge
//   origin   = stream:text maybe(filter:text) limit(startSeq) limit(startAtMs)
//   limit    = number                       0: none; no limit is ever 0
//   number   = text                         decimal: nanoseconds do not fit a varint
//   maybe(x) = 0x00 | 0x01 x
//   list(x)  = count:varint x × count

const MEMORY = 0x01;
const DISCARD_NEW = 0x02;
const SEALED = 0x04;
const DENY_DELETE = 0x08;
const DENY_PURGE = 0x10;

export function encodeConfig(config: ManagedConfig, out: ByteWriter): void {
  out.text(config.name);
  out.u8(
    (config.storage === 'memory' ? MEMORY : 0) |
      (config.discard === 'new' ? DISCARD_NEW : 0) |
      (config.sealed ? SEALED : 0) |
      (config.denyDelete ? DENY_DELETE : 0) |
      (config.denyPurge ? DENY_PURGE : 0),
  );
  encodeMaybe(config.description, out);
  const metadata = Object.entries(config.metadata);
  out.varint(metadata.length);
  for (const [key, value] of metadata) {
    out.text(key);
    out.text(value);
  }
  out.varint(config.subjects.length);
  for (const subject of config.subjects) out.text(subject);
  encodeNumber(config.messagesMax, out);
  encodeNumber(config.bytesMax, out);
  encodeNumber(config.maxAgeNs, out);
  encodeNumber(config.messagesPerSubjectMax, out);
  encodeNumber(config.messageBytesMax, out);
  encodeNumber(config.consumersMax, out);
  out.varint(config.replicas);
  encodeNumber(config.duplicateWindowNs, out);
  out.u8(config.mirror === undefined ? 0 : 1);
  if (config.mirror !== undefined) encodeOrigin(config.mirror, out);
  out.varint(config.sources.length);
  for (const source of config.sources) encodeOrigin(source, out);
}

export function decodeConfig(from: ByteReader): ManagedConfig {
  const name = decodeStreamName(from);
  const flags = from.u8();
  const description = decodeMaybe(from);
  const metadata: [string, string][] = [];
  for (let left = from.varint(); left > 0; left -= 1) metadata.push([from.text(), from.text()]);
  const subjects: SubjectPattern[] = [];
  for (let left = from.varint(); left > 0; left -= 1) subjects.push(decodePattern(from.text()));
  return {
    name,
    description,
    metadata: Object.fromEntries(metadata),
    subjects,
    storage: flags & MEMORY ? 'memory' : 'file',
    discard: flags & DISCARD_NEW ? 'new' : 'old',
    messagesMax: decodeNumber(from),
    bytesMax: decodeNumber(from),
    maxAgeNs: decodeNumber(from),
    messagesPerSubjectMax: decodeNumber(from),
    messageBytesMax: decodeNumber(from),
    consumersMax: decodeNumber(from),
    replicas: from.varint(),
    duplicateWindowNs: decodeNumber(from) ?? 0,
    mirror: from.u8() === 1 ? decodeOrigin(from) : undefined,
    sources: decodeOrigins(from),
    sealed: (flags & SEALED) !== 0,
    denyDelete: (flags & DENY_DELETE) !== 0,
    denyPurge: (flags & DENY_PURGE) !== 0,
  };
}

function encodeOrigin(origin: Origin, out: ByteWriter): void {
  out.text(origin.stream);
  encodeMaybe(origin.filterSubject, out);
  encodeNumber(origin.startSeq, out);
  encodeNumber(origin.startAtMs, out);
}

function decodeOrigin(from: ByteReader): Origin {
  const stream = decodeStreamName(from);
  const filter = decodeMaybe(from);
  const filterSubject = filter === undefined ? undefined : decodePattern(filter);
  return { stream, filterSubject, startSeq: decodeNumber(from), startAtMs: decodeNumber(from) };
}

function decodeOrigins(from: ByteReader): Origin[] {
  const origins: Origin[] = [];
  for (let left = from.varint(); left > 0; left -= 1) origins.push(decodeOrigin(from));
  return origins;
}

function encodeMaybe(text: string | undefined, out: ByteWriter): void {
  out.u8(text === undefined ? 0 : 1);
  if (text !== undefined) out.text(text);
}

function decodeMaybe(from: ByteReader): string | undefined {
  return from.u8() === 1 ? from.text() : undefined;
}

function encodeNumber(number: number | undefined, out: ByteWriter): void {
  out.text(String(number ?? 0));
}

function decodeNumber(from: ByteReader): number | undefined {
  const number = Number(from.text());
  if (!(number >= 0)) throw new MalformedBytes('not a number');
  return number === 0 ? undefined : number;
}

function decodeStreamName(from: ByteReader): StreamName {
  const name = from.text();
  if (!isStreamName(name)) throw new MalformedBytes('not a stream name');
  return name;
}

function decodePattern(text: string): SubjectPattern {
  if (!isSubjectPattern(text)) throw new MalformedBytes('not a subject');
  return text;
}
