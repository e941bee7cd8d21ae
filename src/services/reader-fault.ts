/** Why no more is read of an answer that comes in records. */
export type ReaderFault = 'line-too-long' | 'record-too-large';

/** What a push of bytes brought to light: records, and then perhaps the end of it all. */
export interface Pushed<Item> {
  readonly records: readonly Item[];
  readonly fault: ReaderFault | undefined;
}

const BOM = [0xef, 0xbb, 0xbf];

/** A text may begin with a mark that says nothing but that it is a text. */
export function withoutBom(line: Buffer): Buffer {
  return BOM.every((byte, at) => line[at] === byte) ? line.subarray(BOM.length) : line;
}
