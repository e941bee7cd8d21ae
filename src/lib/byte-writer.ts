/** Appends numbers and bytes to a buffer that grows. Integers are little-endian. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** How much more fits before the buffer is replaced by a larger one. */
  get room(): number {
    return this.#bytes.length - this.#length;
  }

  /** What is written to: the same buffer while nothing outgrows `room`. */
  get buffer(): Buffer {
    return this.#bytes;
  }

  /** What was written between two places, as a view; it stays valid while nothing outgrows `room`. */
  view(from = 0, to = this.#length): Buffer {
    return this.#bytes.subarray(from, to);
  }

  copy(): Buffer {
    return Buffer.from(this.view());
  }

  reset(): void {
    this.#length = 0;
  }

  /** Leaves `length` bytes for later and says where they begin. */
  skip(length: number): number {
    this.#reserve(length);
    const from = this.#length;
    this.#length += length;
    return from;
  }

  /** Forgets what was written from this place on. */
  rewind(to: number): void {
    this.#length = to;
  }

  /** Fills in what `skip` left. */
  patchU32(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** An unsigned integer up to 2^53 - 1, seven bits a byte, low bits first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length] = (rest % 0x80) | 0x80;
      this.#length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  copyFrom(source: Buffer, from: number, bytes: number): void {
    this.#reserve(bytes);
    source.copy(this.#bytes, this.#length, from, from + bytes);
    this.#length += bytes;
  }

  /** A string in UTF-8 behind its length in bytes. */
  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#reserve(length);
    this.#bytes.write(value, this.#length);
    this.#length += length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
