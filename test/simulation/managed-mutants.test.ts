import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as ContentTakings from '../../src/storage/embedded/messages/content-taking.ts';
import type * as MessageOps from '../../src/storage/embedded/messages/message-ops.ts';
import type * as Removals from '../../src/storage/embedded/messages/removals.ts';
import { seedThatCatches } from './catching.ts';

// Ways to break managed streams from within, one at a time.

const broken = vi.hoisted(() => ({ way: '' }));

vi.mock(
  '../../src/storage/embedded/messages/removals.ts',
  async (original: () => Promise<typeof Removals>) => {
    const actual = await original();
    const removalsBySubject: typeof actual.removalsBySubject = (content, lsn) =>
      actual.removalsBySubject(content, broken.way === 'later' ? Infinity : lsn);
    return { ...actual, removalsBySubject };
  },
);

vi.mock(
  '../../src/storage/embedded/messages/message-ops.ts',
  async (original: () => Promise<typeof MessageOps>) => {
    const actual = await original();
    const decodeMessageOp: typeof actual.decodeMessageOp = (kind, from) => {
      const op = actual.decodeMessageOp(kind, from);
      return broken.way === 'dropped' && op.kind === 'publish' ? { ...op, dropped: [] } : op;
    };
    return { ...actual, decodeMessageOp };
  },
);

vi.mock(
  '../../src/storage/embedded/messages/content-taking.ts',
  async (original: () => Promise<typeof ContentTakings>) => {
    const actual = await original();
    class ContentTaking extends actual.ContentTaking {
      constructor(...[state, lsn, cut, batch]: ConstructorParameters<typeof actual.ContentTaking>) {
        super(state, lsn, cut, batch);
        // Not all of what was removed is durable, and none of it is out of the index yet.
        if (broken.way === 'removed') state.content.removed.clear();
      }
    }
    return { ...actual, ContentTaking };
  },
);

describe('the simulator catches managed streams that', () => {
  afterEach(() => {
    broken.way = '';
  });

  it.each([
    ['take into the index what later commits remove of subjects', 'later'],
    ['forget in a replay what a publish has dropped', 'dropped'],
    ['forget what was removed before the index knows of it', 'removed'],
  ])('%s', { timeout: 120_000 }, async (_what, way) => {
    broken.way = way;
    expect(await seedThatCatches()).toBeDefined();
  });
});
