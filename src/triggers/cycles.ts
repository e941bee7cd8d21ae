import type { Endpoint } from './address.ts';
import { targetAccount } from './trigger.ts';
import type { Definition } from './definition.ts';
import { tokensOverlap, type SubjectPattern } from '../subjects/subject.ts';

/** What a trigger makes flow: from subjects of one account to those of another, or the same. */
export interface Flow {
  readonly name: string;
  readonly from: { readonly account: string; readonly pattern: SubjectPattern };
  readonly to: { readonly account: string; readonly pattern: SubjectPattern };
}

/** What a trigger of an account makes flow: to its target, and back from a service that answers. */
export function flowsOf(account: string, definition: FlowingDefinition): readonly Flow[] {
  const { trigger, from, to, replyTo } = definition;
  const { name } = trigger;
  const source = sideOf(account, from);
  const main = { name, from: source, to: sideOf(targetAccount(account, trigger), to) };
  return replyTo === undefined
    ? [main]
    : [main, { name, from: source, to: sideOf(account, replyTo) }];
}

/** What counts of a definition. */
type FlowingDefinition = Pick<Definition, 'trigger' | 'from' | 'to' | 'replyTo'>;

/** A service's subject is another one than a stream's of the same name. */
function sideOf(account: string, { kind, pattern }: Endpoint): Flow['from'] {
  return { account: kind === 'service' ? `${account}\0service` : account, pattern };
}

/**
 * The names of the flows through which what flows make would come back to one of them, itself first;
 * undefined when it never does. Whether two patterns share a subject is all that is asked, so a flow
 * that could only come back in theory counts too.
 */
export function cycleThrough(
  own: readonly Flow[],
  others: readonly Flow[],
): readonly string[] | undefined {
  const unseen = new Set(others.map((other) => visitOf(other)));
  const begun = own.map((flow) => visitOf(flow));
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
  /** Tokens of the patterns: they are compared again and again. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  after: Visit | undefined;
}

function visitOf(flow: Flow): Visit {
  const { from, to } = flow;
  return { flow, from: from.pattern.split('.'), to: to.pattern.split('.'), after: undefined };
}

function feeds({ flow, to }: Visit, other: Visit): boolean {
  return flow.to.account === other.flow.from.account && tokensOverlap(to, other.from);
}

function pathTo(last: Visit): string[] {
  const path: string[] = [];
  for (let at: Visit | undefined = last; at !== undefined; at = at.after)
    path.unshift(at.flow.name);
  return path;
}
