import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as ContentTakings from '../../src/storage/embedded/messages/content-taking.ts';
import type * as MessageOps from '../../src/storage/embedded/messages/message-ops.ts';
import type * as PendingSubjects from '../../src/storage/embedded/messages/pending-subjects.ts';
import { seedThatCatches } from './catching.ts';

// Ways to break managed streams from within, one at a time.

const broken = vi.hoisted(() => ({ way: '' }));

vi.mock(
  '../../src/storage/embedded/messages/pending-subjects.ts',
  async (original: () => Promise<typeof PendingSubjects>) => {
    const actual = await original();
    const pendingBySubject: typeof actual.pendingBySubject = (entry, content) =>
      broken.way === 'pending' ? new Map() : actual.pendingBySubject(entry, content);
    return { ...actual, pendingBySubject };
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
      constructor(
        ...[entry, state, cut, batch]: ConstructorParameters<typeof actual.ContentTaking>
      ) {
        super(entry, state, cut, batch);
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
    ['take what is pending of subjects into the index', 'pending'],
    ['forget in a replay what a publish has dropped', 'dropped'],
    ['forget what was removed before the index knows of it', 'removed'],
  ])('%s', { timeout: 120_000 }, async (_what, way) => {
    broken.way = way;
    expect(await seedThatCatches()).toBeDefined();
  });
});
