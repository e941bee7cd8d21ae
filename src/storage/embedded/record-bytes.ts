/**
 * Records where they lie, back to back: in a client's body, in the write-ahead log's memory, in a
 * segment or a chunk that was read. Numbers instead of a view each, because memory holds one of
 * these for every append that the index does not have yet.
 */
export interface RecordBytes {
  readonly source: Buffer;
  readonly from: number;
  readonly bytes: number;
  /** The length of each record. */
  readonly lengths: readonly number[];
}

/** One record where it lies. */
export interface RecordPlace {
  readonly source: Buffer;
  readonly from: number;
  readonly bytes: number;
}

/** The records one by one. */
export function places({ source, from, lengths }: RecordBytes): RecordPlace[] {
  let at = from;
  return lengths.map((bytes) => {
    const place = { source, from: at, bytes };
    at += bytes;
    return place;
  });
}
