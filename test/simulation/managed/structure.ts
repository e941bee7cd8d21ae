import { NS_PER_MS } from '../../../src/messages/config.ts';
import { chunkPosition, nameIn } from '../../../src/storage/embedded/index/keys.ts';
import { idInTime, subjectIn } from '../../../src/storage/embedded/index/message-keys.ts';
import {
  decodeManaged,
  decodeMessageChunk,
  decodePosting,
  decodeSubject,
  type StoredManaged,
} from '../../../src/storage/embedded/index/message-values.ts';
import { expect } from '../violation.ts';
import type { ModelManaged, ModelStreams } from './model.ts';

export interface IndexEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * What the index holds of managed streams after a checkpoint with nothing going on. Answers with the
 * storage ids that messages are stored under, which no log may use.
 */
export function checkManagedStructure(
  ofKind: (kind: string) => readonly IndexEntry[],
  streams: ModelStreams,
  nowMs: number,
): ReadonlySet<number> {
  const heads = ofKind('g').map(({ key, value }) => [nameIn(key), decodeManaged(value)] as const);
  expect(
    heads.map(([name]) => name).join() === [...streams.keys()].sort().join(),
    () => `the index has managed streams [${heads.map(([name]) => name).join()}]`,
  );
  expect(ofKind('d').length === 0, () => 'a tombstone of a managed stream was left');
  const contents = new Set(heads.map(([, { storageId }]) => storageId));
  const births = new Set(heads.map(([, { birthId }]) => birthId));
  for (const kind of ['u', 'p', 'i', 'j']) {
    const owners = kind === 'u' || kind === 'p' ? contents : births;
    for (const { key } of ofKind(kind)) {
      const id = ownerOf(key);
      expect(owners.has(id), () => `a row ${kind} of stream ${id} was left, which is gone`);
    }
  }
  for (const [name, head] of heads) {
    const stream = streams.get(name);
    if (stream === undefined) continue;
    const rows = (kind: string, id: number): IndexEntry[] =>
      ofKind(kind).filter(({ key }) => ownerOf(key) === id);
    checkChunks(name, head, stream, rows('c', head.storageId));
    checkSubjects(name, stream, rows('u', head.storageId), rows('p', head.storageId));
    checkIds(name, stream, nowMs, rows('i', head.birthId), rows('j', head.birthId));
  }
  return contents;
}

function ownerOf(key: Buffer): number {
  return key.readUIntBE(1, 6);
}

function isOnDisk({ config }: ModelManaged): boolean {
  return config.storage === 'file';
}

/** Each message is in a chunk, once, and nothing else but what shares the first one's. */
function checkChunks(
  name: string,
  head: StoredManaged,
  stream: ModelManaged,
  chunks: readonly IndexEntry[],
): void {
  const stored = chunks.map(({ key, value }) =>
    decodeMessageChunk(chunkPosition(key), value).messages(),
  );
  expect(
    stored.every((messages) => messages.length > 0),
    () => `an empty chunk of ${name} was left`,
  );
  const seqs = stored.flat().map(({ seq }) => seq);
  const kept = seqs.filter((seq) => seq >= head.firstSeq);
  const wanted = isOnDisk(stream) ? stream.messages.map(({ seq }) => seq) : [];
  expect(kept.join() === wanted.join(), () => {
    return `chunks of ${name} hold [${kept.join()}], not [${wanted.join()}]`;
  });
  const unreached = chunks.filter(({ key }) => chunkPosition(key) < head.firstSeq);
  expect(unreached.length <= 1, () => `${unreached.length} chunks of ${name} are before its start`);
}

/** Each subject with messages has its row, and row and postings say where all of them are. */
function checkSubjects(
  name: string,
  stream: ModelManaged,
  rows: readonly IndexEntry[],
  postings: readonly IndexEntry[],
): void {
  const left = new Set(postings.map(({ key }) => key.readUIntBE(7, 6)));
  const found = rows.map(({ key, value }) => {
    const subject = subjectIn(key);
    const { subjectId, count, firstSeq, seqs } = decodeSubject(value);
    left.delete(subjectId);
    const ofSubject = postings.filter((posting) => posting.key.readUIntBE(7, 6) === subjectId);
    const all = [...ofSubject.flatMap(({ value: listed }) => decodePosting(listed)), ...seqs];
    expect(isAscending(all), () => `the sequences of ${subject} in ${name} are [${all.join()}]`);
    const wanted = stream.messages.filter((each) => each.subject === subject).map((m) => m.seq);
    const isWhole = wanted.every((seq) => seq >= firstSeq && all.includes(seq));
    expect(isWhole, () => {
      return `${subject} in ${name} is at [${all.join()}] from ${firstSeq}, not at [${wanted.join()}]`;
    });
    return `${subject} ${count}`;
  });
  expect(left.size === 0, () => `postings of no subject were left in ${name}`);
  const counts = new Map<string, number>();
  for (const { subject } of isOnDisk(stream) ? stream.messages : []) {
    counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  const wanted = [...counts].map(([subject, count]) => `${subject} ${count}`);
  expect(found.sort().join() === wanted.sort().join(), () => {
    return `subjects of ${name} are stored as [${found.join()}], not [${wanted.join()}]`;
  });
}

function isAscending(seqs: readonly number[]): boolean {
  return seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0));
}

/** Ids within the window are there, and each that is there is in time forgotten. */
function checkIds(
  name: string,
  stream: ModelManaged,
  nowMs: number,
  ids: readonly IndexEntry[],
  times: readonly IndexEntry[],
): void {
  const stored = new Set(ids.map(({ key }) => key.toString('utf8', 7)));
  const timed = new Set(times.map(({ key }) => idInTime(key)));
  const sinceMs = nowMs - stream.config.duplicateWindowNs / NS_PER_MS;
  for (const [id, { atMs }] of stream.ids) {
    const isKnown = stored.has(id) || atMs < sinceMs || !isOnDisk(stream);
    expect(isKnown, () => `${id} of ${name} was forgotten`);
  }
  for (const id of stored) expect(timed.has(id), () => `${id} of ${name} is never forgotten`);
}
