import type { Subject, SubjectPattern } from '../../../subjects/subject.ts';

/** What stands behind the same first tokens. */
interface Branch {
  readonly below: Map<string, Branch>;
  /** The subject that ends here, if one does. */
  subject: Subject | undefined;
}

/** Subjects token by token: a pattern is looked up in it, a scan of all is not needed. */
export class SubjectTree {
  readonly #root: Branch = newBranch();
  #size = 0;

  /** How many subjects it holds. */
  get size(): number {
    return this.#size;
  }

  add(subject: Subject): void {
    let branch = this.#root;
    for (const token of subject.split('.')) {
      let next = branch.below.get(token);
      if (next === undefined) branch.below.set(token, (next = newBranch()));
      branch = next;
    }
    if (branch.subject === undefined) this.#size += 1;
    branch.subject = subject;
  }

  remove(subject: Subject): void {
    if (prune(this.#root, subject.split('.'), 0)) this.#size -= 1;
  }

  matching(pattern: SubjectPattern): Generator<Subject> {
    return below(this.#root, pattern.split('.'), 0);
  }
}

function newBranch(): Branch {
  return { below: new Map(), subject: undefined };
}

/** Whether the subject was there. What stands for nothing any more goes with it. */
function prune(branch: Branch, tokens: readonly string[], at: number): boolean {
  const token = tokens[at];
  if (token === undefined) {
    const wasThere = branch.subject !== undefined;
    branch.subject = undefined;
    return wasThere;
  }
  const next = branch.below.get(token);
  if (next === undefined) return false;
  const wasThere = prune(next, tokens, at + 1);
  if (next.subject === undefined && next.below.size === 0) branch.below.delete(token);
  return wasThere;
}

function* below(branch: Branch, tokens: readonly string[], at: number): Generator<Subject> {
  const token = tokens[at];
  if (token === undefined) {
    if (branch.subject !== undefined) yield branch.subject;
  } else if (token === '>') {
    for (const each of branch.below.values()) yield* all(each);
  } else if (token === '*') {
    for (const each of branch.below.values()) yield* below(each, tokens, at + 1);
  } else {
    const next = branch.below.get(token);
    if (next !== undefined) yield* below(next, tokens, at + 1);
  }
}

function* all(branch: Branch): Generator<Subject> {
  if (branch.subject !== undefined) yield branch.subject;
  for (const each of branch.below.values()) yield* all(each);
}
