import type { Subject } from '../../../subjects/subject.ts';
import { SubjectTree } from './subject-tree.ts';

export interface TreeBounds {
  /** A content with more subjects gets no tree: its patterns are looked for in the index. */
  readonly subjectsMax: number;
  /** Of all trees together. */
  readonly totalMax: number;
}

/** About 200 bytes a subject. */
export const TREE_BOUNDS: TreeBounds = { subjectsMax: 131_072, totalMax: 262_144 };

/** Trees of the contents whose patterns were looked for lately, by their storage ids. */
export class SubjectTrees {
  readonly #bounds: TreeBounds;
  /** The longest unused come first. */
  readonly #trees = new Map<number, SubjectTree>();
  #total = 0;

  constructor(bounds: TreeBounds = TREE_BOUNDS) {
    this.#bounds = bounds;
  }

  /** The content's tree, made of what `subjects` names if there is none; undefined: too many. */
  obtain(
    storageId: number,
    count: number,
    subjects: () => Iterable<Subject>,
  ): SubjectTree | undefined {
    const known = this.#trees.get(storageId);
    if (known === undefined && count > this.#bounds.subjectsMax) return undefined;
    const tree = known ?? treeOf(subjects());
    this.#forget(storageId);
    if (tree.size > this.#bounds.subjectsMax) return undefined;
    for (const oldest of this.#trees.keys()) {
      if (this.#total + tree.size <= this.#bounds.totalMax) break;
      this.#forget(oldest);
    }
    this.#trees.set(storageId, tree);
    this.#total += tree.size;
    return tree;
  }

  /** A content has a subject that it did not have. */
  add(storageId: number, subject: Subject): void {
    const tree = this.#trees.get(storageId);
    if (tree === undefined) return;
    const before = tree.size;
    tree.add(subject);
    this.#total += tree.size - before;
    const { subjectsMax, totalMax } = this.#bounds;
    if (tree.size > subjectsMax || this.#total > totalMax) this.#forget(storageId);
  }

  remove(storageId: number, subject: Subject): void {
    const tree = this.#trees.get(storageId);
    if (tree === undefined) return;
    const before = tree.size;
    tree.remove(subject);
    this.#total += tree.size - before;
  }

  #forget(storageId: number): void {
    this.#total -= this.#trees.get(storageId)?.size ?? 0;
    this.#trees.delete(storageId);
  }
}

function treeOf(subjects: Iterable<Subject>): SubjectTree {
  const tree = new SubjectTree();
  for (const subject of subjects) tree.add(subject);
  return tree;
}
