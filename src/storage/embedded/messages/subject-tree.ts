import type { Subject, SubjectPattern } from '../../../subjects/subject.ts';

/** Takes a subject and says whether it takes more. */
export type Take = (subject: Subject) => boolean;

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

  /** Hands out what matches, until no more is taken. Makes nothing that has to be cleared away. */
  matching(pattern: SubjectPattern, take: Take): void {
    below(this.#root, pattern.split('.'), 0, take);
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

/** False: no more is taken. */
function below(branch: Branch, tokens: readonly string[], at: number, take: Take): boolean {
  const token = tokens[at];
  if (token === undefined) return branch.subject === undefined || take(branch.subject);
  if (token === '*' || token === '>') {
    for (const each of branch.below.values()) {
      const goesOn = token === '>' ? all(each, take) : below(each, tokens, at + 1, take);
      if (!goesOn) return false;
    }
    return true;
  }
  const next = branch.below.get(token);
  return next === undefined || below(next, tokens, at + 1, take);
}

function all(branch: Branch, take: Take): boolean {
  if (branch.subject !== undefined && !take(branch.subject)) return false;
  for (const each of branch.below.values()) if (!all(each, take)) return false;
  return true;
}
