/** Thrown when bytes end early or say what no writer wrote: a damaged or foreign file. */
export class MalformedBytes extends Error {
  override name = 'MalformedBytes';
}

/** Reads what `ByteWriter` wrote, from `position` to `end` of a shared buffer. */
export class ByteReader {
  readonly buffer: Buffer;
  position: number;
  readonly end: number;

  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  u8(): number {
    const value = this.position < this.end ? this.buffer[this.position] : undefined;
    if (value === undefined) throw new MalformedBytes('bytes end early');
    this.position += 1;
    return value;
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.skip(4));
  }

  varint(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first - 0x80;
    let scale = 0x80;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
      if (scale > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('integer too long');
    }
    if (!Number.isSafeInteger(value)) throw new MalformedBytes('integer too large');
    return value;
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Buffer {
    const from = this.skip(length);
    return this.buffer.subarray(from, from + length);
  }

  /** Steps over `length` bytes and says where they begin. */
  skip(length: number): number {
    const from = this.position;
    if (from + length > this.end) throw new MalformedBytes('bytes end early');
    this.position = from + length;
    return from;
  }

  text(): string {
    const length = this.varint();
    const from = this.skip(length);
    return this.buffer.toString('utf8', from, from + length);
  }
}
