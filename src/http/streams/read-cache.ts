import type { Position } from '../../protocol/offset.ts';
import { ByteCache } from '../../lib/byte-cache.ts';
import type { Frame } from '../event-stream.ts';

interface CachedBody {
  readonly from: Position;
  readonly to: Position;
  /** The stream's tail as it was read: a page that ended there is whole only while it stays. */
  readonly tail: Position;
  readonly body: Buffer;
}

interface CachedFrame {
  readonly key: string;
  readonly frame: Frame;
}

/**
 * What many readers of one stream get is made once: the bodies of catch-up pages, and of each
 * followed stream the latest event.
 */
export class ReadCache {
  readonly #bodies: ByteCache<CachedBody>;
  readonly #frames: ByteCache<CachedFrame>;

  /** Half of `bytesMax` is for bodies, half for events. 0 keeps nothing. */
  constructor(bytesMax: number) {
    this.#bodies = new ByteCache(bytesMax / 2);
    this.#frames = new ByteCache(bytesMax / 2);
  }

  body(incarnation: string, asked: Position, tail: Position): CachedBody | undefined {
    const cached = this.#bodies.get(`${incarnation} ${asked}`);
    return cached !== undefined && (cached.tail === tail || cached.to < cached.tail)
      ? cached
      : undefined;
  }

  keepBody(incarnation: string, asked: Position, cached: CachedBody): void {
    this.#bodies.set(`${incarnation} ${asked}`, cached, cached.body.length + 128);
  }

  /** The stream's latest event if it is the one of this key, or else `make` makes it. */
  frame(incarnation: string, key: string, make: () => Frame): Frame {
    const cached = this.#frames.get(incarnation);
    if (cached?.key === key) return cached.frame;
    const frame = make();
    this.#frames.set(incarnation, { key, frame }, frame.chunk.length + 128);
    return frame;
  }
}
