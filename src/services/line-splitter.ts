const LF = 0x0a;
const CR = 0x0d;

export interface LineRules {
  /** Without its end. */
  readonly lineBytesMax: number;
  /** Whether CR ends a line, alone or before LF. Otherwise LF alone does. */
  readonly isCrAnEnd: boolean;
}

/** Lines out of bytes that may be cut anywhere. Holds no more than one line. */
export class LineSplitter {
  readonly #rules: LineRules;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isAfterCr = false;

  constructor(rules: LineRules) {
    this.#rules = rules;
  }

  /** The lines that these bytes end. The last is 'too-long' where one goes beyond the bound. */
  *push(bytes: Buffer): Generator<Buffer | 'too-long', void, undefined> {
    let from = 0;
    while (from < bytes.length) {
      if (this.#isAfterCr) {
        this.#isAfterCr = false;
        if (bytes[from] === LF) {
          from += 1;
          continue;
        }
      }
      const end = this.#endFrom(bytes, from);
      this.#take(bytes.subarray(from, end ?? bytes.length));
      if (this.#bytes > this.#rules.lineBytesMax) {
        this.#pieces = [];
        yield 'too-long';
        return;
      }
      if (end === undefined) return;
      this.#isAfterCr = bytes[end] === CR;
      from = end + 1;
      yield this.#line();
    }
  }

  /** What came after the last line's end. */
  rest(): Buffer {
    return this.#line();
  }

  #endFrom(bytes: Buffer, from: number): number | undefined {
    // No further than a line may reach: what comes after it is another line's, or too long.
    const until = Math.min(bytes.length, from + this.#rules.lineBytesMax - this.#bytes + 1);
    if (!this.#rules.isCrAnEnd) {
      const end = bytes.subarray(from, until).indexOf(LF);
      return end === -1 ? undefined : from + end;
    }
    for (let at = from; at < until; at += 1) {
      if (bytes[at] === LF || bytes[at] === CR) return at;
    }
    return undefined;
  }

  #take(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  #line(): Buffer {
    const [only] = this.#pieces;
    const line =
      this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return line;
  }
}
