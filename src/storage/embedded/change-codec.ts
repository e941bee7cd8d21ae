import { MalformedBytes, type ByteReader } from '../../lib/byte-reader.ts';
import type { ByteWriter } from '../../lib/byte-writer.ts';
import type { StreamChange } from '../../protocol/state.ts';
import { decodeProducer, encodeProducer } from './codec.ts';

// How changes of states stand on disk. Numbers here never change meaning: docs/disk-format.md.
//
//   change = 0x01 flags:u8 atMs:varint [streamSeq:text] [producer] [evicted:text]   written
//          | 0x02 leaseUntilMs:varint                                               renewed
//          | 0x03 fork added | 0x04 fork removed | 0x05 soft-deleted
//          | 0x06 text:text                                                         replaced

const WRITTEN = 0x01;
const RENEWED = 0x02;
const FORK_ADDED = 0x03;
const FORK_REMOVED = 0x04;
const DELETED_SOFTLY = 0x05;
const REPLACED = 0x06;

const WITH_SEQ = 0x01;
const WITH_PRODUCER = 0x02;
const WITH_EVICTED = 0x04;
const CLOSES = 0x08;

export function encodeChange(change: StreamChange, out: ByteWriter): void {
  switch (change.kind) {
    case 'written': {
      const { streamSeq, producer, evicted } = change;
      out.u8(WRITTEN);
      out.u8(
        (streamSeq === undefined ? 0 : WITH_SEQ) |
          (producer === undefined ? 0 : WITH_PRODUCER) |
          (evicted === undefined ? 0 : WITH_EVICTED) |
          (change.closes ? CLOSES : 0),
      );
      out.varint(change.atMs);
      if (streamSeq !== undefined) out.text(streamSeq);
      if (producer !== undefined) encodeProducer(producer, out);
      if (evicted !== undefined) out.text(evicted);
      return;
    }
    case 'renewed':
      out.u8(RENEWED);
      out.varint(change.leaseUntilMs);
      return;
    case 'fork-added':
      out.u8(FORK_ADDED);
      return;
    case 'fork-removed':
      out.u8(FORK_REMOVED);
      return;
    case 'soft-deleted':
      out.u8(DELETED_SOFTLY);
      return;
    case 'replaced':
      out.u8(REPLACED);
      out.text(change.text);
      return;
  }
}

export function decodeChange(from: ByteReader): StreamChange {
  const kind = from.u8();
  switch (kind) {
    case WRITTEN: {
      const flags = from.u8();
      const atMs = from.varint();
      return {
        kind: 'written',
        atMs,
        streamSeq: flags & WITH_SEQ ? from.text() : undefined,
        producer: flags & WITH_PRODUCER ? decodeProducer(from) : undefined,
        evicted: flags & WITH_EVICTED ? from.text() : undefined,
        closes: (flags & CLOSES) !== 0,
      };
    }
    case RENEWED:
      return { kind: 'renewed', leaseUntilMs: from.varint() };
    case FORK_ADDED:
      return { kind: 'fork-added' };
    case FORK_REMOVED:
      return { kind: 'fork-removed' };
    case DELETED_SOFTLY:
      return { kind: 'soft-deleted' };
    case REPLACED:
      return { kind: 'replaced', text: from.text() };
    default:
      throw new MalformedBytes(`change of unknown kind ${kind}`);
  }
}
