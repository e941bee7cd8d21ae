import { doMeet, type Flow } from './flows.ts';

/**
 * The names of the flows through which what flows make would come back to one of them, itself first;
 * undefined when it never does. Whether two patterns share a subject is all that is asked, so a flow
 * that could only come back in theory counts too.
 */
export function cycleThrough(
  own: readonly Flow[],
  others: readonly Flow[],
): readonly string[] | undefined {
  const unseen = new Set(others.map(visitOf));
  const begun = own.map(visitOf);
  const waiting = [...begun];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const first of begun) if (feeds(next, first)) return pathTo(next);
    for (const other of unseen) {
      if (!feeds(next, other)) continue;
      unseen.delete(other);
      other.after = next;
      waiting.push(other);
    }
  }
  return undefined;
}

interface Visit {
  readonly flow: Flow;
  after: Visit | undefined;
}

function visitOf(flow: Flow): Visit {
  return { flow, after: undefined };
}

function feeds(one: Visit, other: Visit): boolean {
  return doMeet(one.flow.to, other.flow.from);
}

function pathTo(last: Visit): string[] {
  const path: string[] = [];
  for (let at: Visit | undefined = last; at !== undefined; at = at.after)
    path.unshift(at.flow.name);
  return path;
}
