// What recovery decides, apart from what it does: each table is total, and a test walks it whole.

// ---------------------------------------------------------------------------------------------
// Decision 1: what kind of folder is this?

export interface FolderFacts {
  /** The index knows of this folder, which it does only once the log has begun. */
  readonly hasMeta: boolean;
  readonly hasSegments: boolean;
  /** The first segment begins with the first commit ever made. */
  readonly beginsAtFirst: boolean;
  /** The first segment begins at or before the commit after the last one in the index. */
  readonly meetsIndex: boolean;
}

export type FolderVerdict =
  | 'new'
  | 'replay'
  /** The index is gone or never was flushed, and the log still holds everything. */
  | 'rebuild-index'
  | 'log-lost'
  | 'index-lost'
  | 'gap-before-log';

/** Every combination of facts has one row; a test walks them all. */
export function judgeFolder(facts: FolderFacts): FolderVerdict {
  const { hasMeta, hasSegments, beginsAtFirst, meetsIndex } = facts;
  if (!hasSegments) return hasMeta ? 'log-lost' : 'new';
  if (!hasMeta) return beginsAtFirst ? 'rebuild-index' : 'index-lost';
  return meetsIndex ? 'replay' : 'gap-before-log';
}

// ---------------------------------------------------------------------------------------------
// Decision 2: what can a repair save of such a folder?

export type Savable =
  /** There is nothing in it. */
  | 'nothing-yet'
  /** What is in the index, and the log up to where it is damaged. */
  | 'index-and-log'
  /** What is in the index: no log continues it. */
  | 'index'
  /** Nothing: a log that goes on from an unknown place says nothing. */
  | 'nothing';

/** Every verdict has one row; a test walks them all. */
export function judgeSavable(verdict: FolderVerdict): Savable {
  switch (verdict) {
    case 'new':
      return 'nothing-yet';
    case 'replay':
    case 'rebuild-index':
      return 'index-and-log';
    case 'log-lost':
    case 'gap-before-log':
      return 'index';
    case 'index-lost':
      return 'nothing';
  }
}

// ---------------------------------------------------------------------------------------------
// Decision 3: the frames of a segment end here. Is that where they should?

export interface StopFacts {
  readonly isLastSegment: boolean;
  /** The next segment begins with the commit that would have come here. */
  readonly nextContinues: boolean;
  /** The bytes here claim to be the frame that would come next, and are not. */
  readonly looksTorn: boolean;
  /** Some later frame says that what would come here had been synced. */
  readonly provenSynced: boolean;
}

export type StopVerdict = 'end' | 'torn-tail' | 'sealed-end' | 'damaged';

/**
 * Any subset of unsynced bytes may survive a crash, so bytes that are no frame mean nothing by
 * themselves at the log's end. They mean damage when something later could only have been written
 * after they were safe. Every combination has one row; a test walks them all.
 */
export function judgeStop(facts: StopFacts): StopVerdict {
  const { isLastSegment, nextContinues, looksTorn, provenSynced } = facts;
  if (!isLastSegment) return nextContinues ? 'sealed-end' : 'damaged';
  if (provenSynced) return 'damaged';
  return looksTorn ? 'torn-tail' : 'end';
}
