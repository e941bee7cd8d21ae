import type { SubjectPattern } from './subject.ts';

interface Node<Value> {
  /** By the next token, wildcards among them. */
  readonly after: Map<string, Node<Value>>;
  readonly values: Set<Value>;
}

/** Values by patterns, for finding those whose pattern covers another without a look at the rest. */
export class PatternTree<Value> {
  readonly #root: Node<Value> = leaf();

  add(pattern: SubjectPattern, value: Value): void {
    let node = this.#root;
    for (const token of pattern.split('.')) {
      const next = node.after.get(token) ?? leaf<Value>();
      node.after.set(token, next);
      node = next;
    }
    node.values.add(value);
  }

  delete(pattern: SubjectPattern, value: Value): void {
    const path = [this.#root];
    const tokens = pattern.split('.');
    for (const token of tokens) {
      const next = path.at(-1)?.after.get(token);
      if (next === undefined) return;
      path.push(next);
    }
    path.at(-1)?.values.delete(value);
    for (const token of tokens.reverse()) {
      const node = path.pop();
      if (node !== undefined && (node.values.size > 0 || node.after.size > 0)) return;
      path.at(-1)?.after.delete(token);
    }
  }

  /** The values of all patterns that match whatever this one does. */
  *covering(part: SubjectPattern): Generator<Value, void, undefined> {
    let nodes = [this.#root];
    for (const token of part.split('.')) {
      for (const { after } of nodes) yield* after.get('>')?.values ?? [];
      nodes = nodes.flatMap(({ after }) => behind(after, token));
    }
    for (const { values } of nodes) yield* values;
  }
}

function leaf<Value>(): Node<Value> {
  return { after: new Map(), values: new Set() };
}

/** Where a token, or one that covers it, leads to. */
function behind<Value>(after: Node<Value>['after'], token: string): Node<Value>[] {
  if (token === '>') return [];
  const covering = token === '*' ? ['*'] : ['*', token];
  return covering.flatMap((each) => after.get(each) ?? []);
}
