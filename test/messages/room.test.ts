import { describe, expect, it } from 'vitest';
import type { ManagedConfig } from '../../src/messages/config.ts';
import { Room } from '../../src/messages/room.ts';
import { sizeOf } from '../../src/messages/view.ts';
import { subject } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { ListedStream, several, type Listed } from '../support/stream-view.ts';

interface Added {
  /** The limit that kept a message out, which was the last to be tried. */
  readonly refused: string | undefined;
  readonly dropped: readonly number[];
}

/** Adds messages one by one to those that are there, until one is refused. */
function add(config: Partial<ManagedConfig>, there: readonly Listed[], ...news: Listed[]): Added {
  const view = new ListedStream(config, there);
  const room = new Room(view);
  let seq = view.lastSeq;
  for (const { on, bodyBytes = 1 } of news) {
    seq += 1;
    const bytes = sizeOf(subject(on), bodyBytes);
    const refusal = room.add({ seq, subject: subject(on), createdAtMs: NOW_MS, bytes });
    const dropped = room.dropped.map((held) => held.seq);
    if (refusal?.code === 'limit-reached') return { refused: refusal.limit, dropped };
    expect(refusal).toBe(undefined);
  }
  return { refused: undefined, dropped: room.dropped.map((held) => held.seq) };
}

// Messages of nine bytes each.
const A = { on: 'orders.a' };
const B = { on: 'orders.b' };
const C = { on: 'orders.c' };
const ABAB = [A, B, A, B];

describe('room for a message', () => {
  it.each([
    { config: {}, news: [A], dropped: [] },
    { config: { messagesMax: 5 }, news: [A], dropped: [] },
    { config: { messagesMax: 4 }, news: [A], dropped: [1] },
    { config: { messagesMax: 2 }, news: [A], dropped: [1, 2, 3] },
    { config: { bytesMax: 45 }, news: [A], dropped: [] },
    { config: { bytesMax: 44 }, news: [A], dropped: [1] },
    { config: { bytesMax: 9 }, news: [A], dropped: [1, 2, 3, 4] },
    { config: { messagesPerSubjectMax: 3 }, news: [A], dropped: [] },
    { config: { messagesPerSubjectMax: 2 }, news: [B], dropped: [2] },
    { config: { messagesPerSubjectMax: 1 }, news: [B], dropped: [2, 4] },
    { config: { messagesPerSubjectMax: 1 }, news: [C], dropped: [] },
    // What goes for one limit makes room for the others too.
    { config: { messagesPerSubjectMax: 2, messagesMax: 4 }, news: [B], dropped: [2] },
    { config: { messagesPerSubjectMax: 2, messagesMax: 4 }, news: [C], dropped: [1] },
    { config: { messagesPerSubjectMax: 2, messagesMax: 3 }, news: [B], dropped: [2, 1] },
    { config: { messagesPerSubjectMax: 2, bytesMax: 36 }, news: [B], dropped: [2] },
    { config: { messagesMax: 4, bytesMax: 36 }, news: [A], dropped: [1] },
    { config: { messagesMax: 3, bytesMax: 36 }, news: [A], dropped: [1, 2] },
    { config: { messagesMax: 4, bytesMax: 27 }, news: [A], dropped: [1, 2] },
  ])('under discard old and $config', ({ config, news, dropped }) => {
    expect(add(config, ABAB, ...news)).toEqual({ refused: undefined, dropped });
  });

  it.each([
    { config: { messagesMax: 5 }, news: [A], refused: undefined },
    { config: { messagesMax: 4 }, news: [A], refused: 'max_msgs' },
    { config: { bytesMax: 45 }, news: [A], refused: undefined },
    { config: { bytesMax: 44 }, news: [A], refused: 'max_bytes' },
    { config: { messagesPerSubjectMax: 3 }, news: [A], refused: undefined },
    { config: { messagesPerSubjectMax: 2 }, news: [A], refused: 'max_msgs_per_subject' },
    { config: { messagesPerSubjectMax: 2 }, news: [C], refused: undefined },
    {
      config: { messagesPerSubjectMax: 2, messagesMax: 9, bytesMax: 999 },
      news: [A],
      refused: 'max_msgs_per_subject',
    },
    { config: { messagesMax: 4, messagesPerSubjectMax: 9 }, news: [A], refused: 'max_msgs' },
    { config: { messagesMax: 9, bytesMax: 40 }, news: [A], refused: 'max_bytes' },
    { config: { messagesMax: 5 }, news: [A, A], refused: 'max_msgs' },
    { config: { messagesPerSubjectMax: 3 }, news: [A, B, A], refused: 'max_msgs_per_subject' },
  ])('under discard new and $config: $refused', ({ config, news, refused }) => {
    expect(add({ ...config, discard: 'new' }, ABAB, ...news)).toEqual({ refused, dropped: [] });
  });

  it.each(['old', 'new'] as const)(
    'is never made for one larger than all may be, under discard %s',
    (discard) => {
      const large = { on: 'orders.a', bodyBytes: 30 };
      expect(add({ discard, bytesMax: 37, messagesMax: 1 }, [A], large)).toEqual({
        refused: 'max_bytes',
        dropped: [],
      });
    },
  );
});

describe('room for messages one after another', () => {
  it('is made by those before them too', () => {
    expect(add({ messagesMax: 2 }, [A], ...several(4, B)).dropped).toEqual([1, 2, 3]);
    expect(add({ messagesPerSubjectMax: 1 }, [A, B], A, A, B, A).dropped).toEqual([1, 3, 2, 4]);
    expect(add({ bytesMax: 20 }, [A], B, { ...C, bodyBytes: 12 }).dropped).toEqual([1, 2]);
  });

  it('counts once what went for several reasons', () => {
    const config = { messagesMax: 3, messagesPerSubjectMax: 1 };
    expect(add(config, [A, B, C], A, B, { on: 'orders.d' }).dropped).toEqual([1, 2, 3]);
  });

  it('is found past gaps', () => {
    const there = [2, 5, 9].map((seq) => ({ on: 'orders.a', seq }));
    expect(add({ messagesMax: 3 }, there, A, B).dropped).toEqual([2, 5]);
  });
});
