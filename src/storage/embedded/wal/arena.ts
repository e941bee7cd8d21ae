import { ByteWriter } from '../../../lib/byte-writer.ts';
import { FRAME_HEADER_BYTES } from './frame.ts';

const ARENA_BYTES = 1 << 20;

interface Region {
  readonly writer: ByteWriter;
  readonly from: number;
  to: number;
}

/** The bytes of a frame in the making, its header's place in front. */
export interface FrameBytes {
  readonly regions: Region[];
  bodyBytes: number;
}

/** Where commits are encoded. Bytes stay in place as long as somebody holds a view of them. */
export class Arena {
  #writer = new ByteWriter(ARENA_BYTES);

  /** A frame that has room for a first commit of at most `boundBytes`. */
  begin(boundBytes: number): FrameBytes {
    this.#ensureRoom(boundBytes + FRAME_HEADER_BYTES + 4);
    const from = this.#writer.skip(FRAME_HEADER_BYTES);
    return { regions: [{ writer: this.#writer, from, to: this.#writer.length }], bodyBytes: 0 };
  }

  /**
   * Adds a commit of at most `boundBytes` to the frame that was begun last, behind its length. Where
   * `encode` throws there is nothing of it.
   */
  add(frame: FrameBytes, boundBytes: number, encode: (writer: ByteWriter) => void): void {
    const region = this.#regionFor(frame, boundBytes + 4);
    const lengthAt = this.#writer.skip(4);
    try {
      encode(this.#writer);
    } catch (error) {
      this.#writer.rewind(lengthAt);
      throw error;
    }
    const length = this.#writer.length - lengthAt - 4;
    this.#writer.patchU32(lengthAt, length);
    region.to = this.#writer.length;
    frame.bodyBytes += length + 4;
  }

  #regionFor({ regions }: FrameBytes, boundBytes: number): Region {
    const last = regions.at(-1);
    if (last !== undefined && last.writer === this.#writer && this.#writer.room >= boundBytes) {
      return last;
    }
    this.#ensureRoom(boundBytes);
    const region = { writer: this.#writer, from: this.#writer.length, to: this.#writer.length };
    regions.push(region);
    return region;
  }

  #ensureRoom(bytes: number): void {
    if (this.#writer.room < bytes) this.#writer = new ByteWriter(Math.max(ARENA_BYTES, bytes));
  }
}

/** The frame as it goes to the file. */
export function viewsOf({ regions }: FrameBytes): Buffer[] {
  return regions.map(({ writer, from, to }) => writer.view(from, to));
}
