/** What changes together in the index: all of it becomes visible, or none. */
export interface IndexBatch {
  readonly puts: { readonly key: Buffer; readonly value: Buffer }[];
  readonly deletes: Buffer[];
}

export interface IndexRange {
  readonly from: Buffer;
  /** Not included. */
  readonly to: Buffer;
  readonly limit: number;
}

/**
 * An ordered map of bytes on disk, written in atomic batches: the checkpoint of the log, never its
 * acknowledgement. After a crash it holds a prefix of the committed batches that includes all that
 * were flushed.
 */
export interface Index {
  get(key: Buffer): Buffer | undefined;
  /** What is read of a value, which stays as it is during the call only. */
  peek<Found>(key: Buffer, read: (value: Buffer) => Found): Found | undefined;
  /** In the order of the keys' bytes. */
  range(range: IndexRange): { key: Buffer; value: Buffer }[];
  keys(range: IndexRange): Buffer[];
  lastKey(range: { from: Buffer; to: Buffer }): Buffer | undefined;
  /** Resolves when the batch is visible, which is before it is safe. */
  commit(batch: IndexBatch): Promise<void>;
  /** Resolves when every batch committed so far is on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
