import { isPromise, type MaybePromise } from '../lib/maybe-promise.ts';
import type { Refusal } from '../protocol/refusal.ts';
import {
  DataCorrupt,
  type CommitOutcome,
  type LogStore,
  type Op,
  type StoredHead,
} from '../storage/port.ts';

export interface Refused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

export function refused(refusal: Refusal): Refused {
  return { kind: 'refused', refusal };
}

/** What a decision asks for: a commit, or an answer that changes nothing. */
export type Plan<Outcome> =
  | {
      readonly kind: 'commit';
      readonly ops: readonly Op[];
      readonly outcome: (heads: readonly (StoredHead | undefined)[]) => Outcome;
    }
  | { readonly kind: 'answer'; readonly outcome: Outcome };

export type Heads = readonly (StoredHead | undefined)[];

/** More rounds than honest contention needs; beyond it the client is told to come back. */
const ROUNDS_MAX = 100;

/**
 * Loads the newest heads, decides, commits; and again when another commit came first. An answer
 * that changes nothing waits until what it rests on cannot be lost: a refusal must be as good as an
 * acknowledgement.
 */
export async function transact<Outcome>(
  store: LogStore,
  names: readonly string[],
  decide: (heads: Heads) => MaybePromise<Plan<Outcome>>,
): Promise<Outcome | Refused> {
  try {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const heads = loadLatest(store, names);
      const planned = decide(isPromise(heads) ? await heads : heads);
      // Nothing may come between an answer at hand and its commit: that spares most conflicts.
      const plan = isPromise(planned) ? await planned : planned;
      if (plan.kind === 'answer') {
        const held = store.settle(names);
        if (isPromise(held) ? await held : held) return plan.outcome;
        continue;
      }
      const outcome = await store.commit(plan.ops);
      switch (outcome.kind) {
        case 'stored':
          return plan.outcome(outcome.heads);
        case 'conflict':
          continue;
        case 'refused':
          return refused(refusalOf(outcome.reason));
      }
    }
    return refused({ code: 'overloaded' });
  } catch (error) {
    return refusedAsCorrupt(error);
  }
}

/** Damage to what a request needs is the answer to it; any other error goes on. */
export function refusedAsCorrupt(error: unknown): Refused {
  if (error instanceof DataCorrupt) return refused({ code: 'data-corrupt' });
  throw error;
}

function loadLatest(store: LogStore, names: readonly string[]): MaybePromise<Heads> {
  const heads: (StoredHead | undefined)[] = [];
  for (const name of names) {
    const head = store.latest(name);
    if (isPromise(head)) return Promise.all(names.map(async (each) => store.latest(each)));
    heads.push(head);
  }
  return heads;
}

export function refusalOf(reason: Extract<CommitOutcome, { kind: 'refused' }>['reason']): Refusal {
  switch (reason) {
    case 'overloaded':
      return { code: 'overloaded' };
    case 'full':
      return { code: 'storage-full' };
    case 'failed':
      return { code: 'storage-failed' };
    case 'closed':
      return { code: 'shutting-down' };
    case 'corrupt':
      return { code: 'data-corrupt' };
  }
}
