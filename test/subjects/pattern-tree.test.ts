import { expect, test } from 'vitest';
import fc from 'fast-check';
import { patternCovers, type SubjectPattern } from '../../src/subjects/subject.ts';
import { PatternTree } from '../../src/subjects/pattern-tree.ts';
import { pattern } from '../support/managed.ts';

const patterns = fc
  .array(fc.constantFrom('a', 'b', '*', '>'), { minLength: 1, maxLength: 4 })
  .map((tokens) => tokens.filter((token, at) => token !== '>' || at === tokens.length - 1))
  .filter((tokens) => tokens.length > 0)
  .map((tokens) => pattern(tokens.join('.')));

function covering(tree: PatternTree<string>, part: SubjectPattern): readonly string[] {
  return [...tree.covering(part)].sort();
}

test('a tree finds just the patterns that cover another', () => {
  fc.assert(
    fc.property(fc.array(patterns), patterns, (all, part) => {
      const tree = new PatternTree<string>();
      for (const each of all) tree.add(each, each);
      const expected = [...new Set(all.filter((each) => patternCovers(each, part)))];
      expect(covering(tree, part)).toEqual(expected.sort());
    }),
  );
});

test('what is deleted is found no more, and the others still are', () => {
  fc.assert(
    fc.property(fc.array(patterns), fc.array(patterns), (all, gone) => {
      const tree = new PatternTree<string>();
      for (const each of all) tree.add(each, each);
      for (const each of gone) tree.delete(each, each);
      const kept = all.filter((each) => !gone.includes(each));
      for (const part of [...all, ...gone]) {
        const expected = [...new Set(kept.filter((each) => patternCovers(each, part)))];
        expect(covering(tree, part)).toEqual(expected.sort());
      }
    }),
  );
});

test('one pattern may have several values', () => {
  const tree = new PatternTree<string>();
  tree.add(pattern('a.>'), 'one');
  tree.add(pattern('a.>'), 'other');
  expect(covering(tree, pattern('a.b'))).toEqual(['one', 'other']);
  tree.delete(pattern('a.>'), 'one');
  expect(covering(tree, pattern('a.b'))).toEqual(['other']);
});
