import { Violation } from './violation.ts';

/** What has ever been seen of a stream's bytes: an acknowledgement counts as seeing. */
export class SeenBytes {
  #bytes = Buffer.alloc(4096);
  #isSeen = new Uint8Array(4096);
  #end = 0;

  /** Where the last byte that was seen ends. */
  get end(): number {
    return this.#end;
  }

  /** Remembers bytes, or finds that they are not what stood there before. */
  see(from: number, bytes: Buffer): void {
    const to = from + bytes.length;
    this.#reserve(to);
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at - from] ?? 0;
      if (this.#isSeen[at] === 1 && this.#bytes[at] !== byte) {
        throw new Violation(
          `byte ${at} has changed: it was seen in ${this.#around(at)} and is now in ` +
            bytes.toString('latin1', Math.max(0, at - from - 40), at - from + 40),
        );
      }
      this.#bytes[at] = byte;
      this.#isSeen[at] = 1;
    }
    this.#end = Math.max(this.#end, to);
  }

  /** An offset was seen, with or without what lies before it. */
  seeEnd(at: number): void {
    this.#end = Math.max(this.#end, at);
  }

  #around(at: number): string {
    return this.#bytes.toString('latin1', Math.max(0, at - 40), at + 40);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const capacity = Math.max(length, this.#bytes.length * 2);
    const bytes = Buffer.alloc(capacity);
    this.#bytes.copy(bytes);
    const isSeen = new Uint8Array(capacity);
    isSeen.set(this.#isSeen);
    this.#bytes = bytes;
    this.#isSeen = isSeen;
  }
}
