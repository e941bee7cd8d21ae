import { LineSplitter } from './line-splitter.ts';
import { withoutBom, type Pushed, type ReaderFault } from './reader-fault.ts';

/** What JSON takes for blank; LF ends the line. */
const BLANKS: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0d]);

/**
 * Reads one JSON text a line. It splits and does not judge: the records are the bytes of each line,
 * blanks around them left out, and blank lines are none.
 */
export class NdjsonReader {
  readonly #lines: LineSplitter;
  #isFirstLine = true;
  #fault: ReaderFault | undefined;

  constructor({ recordBytesMax }: { readonly recordBytesMax: number }) {
    this.#lines = new LineSplitter({ lineBytesMax: recordBytesMax, isCrAnEnd: false });
  }

  /** After a fault nothing more is read. */
  push(bytes: Buffer): Pushed<Buffer> {
    const records: Buffer[] = [];
    if (this.#fault === undefined) {
      for (const line of this.#lines.push(bytes)) {
        if (line === 'too-long') this.#fault = 'record-too-large';
        else this.#take(line, records);
      }
    }
    return { records, fault: this.#fault };
  }

  /** The last line, which needs no end. Only after a body that came to its own end. */
  finish(): Pushed<Buffer> {
    const records: Buffer[] = [];
    if (this.#fault === undefined) this.#take(this.#lines.rest(), records);
    return { records, fault: this.#fault };
  }

  #take(whole: Buffer, records: Buffer[]): void {
    const line = trimmed(this.#isFirstLine ? withoutBom(whole) : whole);
    this.#isFirstLine = false;
    if (line.length > 0) records.push(line);
  }
}

function trimmed(line: Buffer): Buffer {
  let from = 0;
  let to = line.length;
  while (from < to && BLANKS.has(line[from])) from += 1;
  while (to > from && BLANKS.has(line[to - 1])) to -= 1;
  return line.subarray(from, to);
}
