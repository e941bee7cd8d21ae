import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubjectTree } from '../../../../src/storage/embedded/messages/subject-tree.ts';
import { SubjectTrees } from '../../../../src/storage/embedded/messages/subject-trees.ts';
import {
  subjectMatcher,
  type Subject,
  type SubjectPattern,
} from '../../../../src/subjects/subject.ts';
import { pattern, subject } from '../../../support/managed.ts';

const token = fc.constantFrom('a', 'b', 'c', 'é');
const anySubject = fc
  .array(token, { minLength: 1, maxLength: 4 })
  .map((tokens) => subject(tokens.join('.')));
const anyPattern = fc
  .tuple(
    fc.array(fc.oneof(token, fc.constant('*')), { maxLength: 3 }),
    fc.oneof(token, fc.constantFrom('*', '>')),
  )
  .map(([tokens, last]) => pattern([...tokens, last].join('.')));

function matching(tree: SubjectTree, wanted: SubjectPattern, countMax = Infinity): Subject[] {
  const taken: Subject[] = [];
  tree.matching(wanted, (each) => {
    taken.push(each);
    return taken.length < countMax;
  });
  return taken;
}

describe('a tree of subjects', () => {
  it('finds exactly what a pattern matches, whatever was added and removed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), anySubject), { maxLength: 60 }),
        anyPattern,
        (steps, wanted) => {
          const tree = new SubjectTree();
          const model = new Set<string>();
          for (const [isAdded, each] of steps) {
            if (isAdded) {
              tree.add(each);
              model.add(each);
            } else {
              tree.remove(each);
              model.delete(each);
            }
          }
          expect(tree.size).toBe(model.size);
          const matches = subjectMatcher(wanted);
          const found = matching(tree, wanted);
          expect(new Set(found)).toEqual(new Set([...model].filter((each) => matches(each))));
          expect(new Set(found).size).toBe(found.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('hands out no more than is taken', () => {
    const tree = new SubjectTree();
    for (const each of ['a', 'a.a', 'a.b', 'a.b.c', 'b.b', 'b.b.c']) tree.add(subject(each));
    for (const wanted of ['>', '*.b', '*.b.c', 'a.>', 'a.*']) {
      const all = matching(tree, pattern(wanted));
      for (let count = 1; count <= all.length; count += 1) {
        expect(matching(tree, pattern(wanted), count)).toEqual(all.slice(0, count));
      }
    }
  });
});

describe('the trees of several streams', () => {
  const bounds = { subjectsMax: 3, totalMax: 5 };
  const subjects = (count: number) =>
    Array.from({ length: count }, (_, number) => subject(`s.${number}`));
  const obtain = (trees: SubjectTrees, storageId: number, count: number) =>
    trees.obtain(storageId, count, () => subjects(count));

  it('are made once and follow what their streams tell them', () => {
    const trees = new SubjectTrees(bounds);
    const tree = obtain(trees, 1, 2);
    trees.add(1, subject('new'));
    trees.remove(1, subject('s.0'));
    expect(obtain(trees, 1, 2)).toBe(tree);
    expect(tree && matching(tree, pattern('>'))).toEqual(['s.1', 'new']);
  });

  it('are not made of too many subjects', () => {
    expect(obtain(new SubjectTrees(bounds), 1, 4)).toBeUndefined();
  });

  it('are given up when they have grown too large', () => {
    const trees = new SubjectTrees(bounds);
    const tree = obtain(trees, 1, 3);
    trees.add(1, subject('one.too.many'));
    expect(obtain(trees, 1, 3)).not.toBe(tree);
  });

  it('make room for one another, the longest unused first', () => {
    const trees = new SubjectTrees(bounds);
    const [first, second] = [obtain(trees, 1, 2), obtain(trees, 2, 2)];
    obtain(trees, 1, 2);
    obtain(trees, 3, 2);
    expect(obtain(trees, 1, 2)).toBe(first);
    expect(obtain(trees, 2, 2)).not.toBe(second);
  });
});
