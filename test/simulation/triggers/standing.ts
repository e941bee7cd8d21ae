import type { TriggerName } from '../../../src/triggers/trigger.ts';
import { expect } from '../violation.ts';
import type { Wanted } from './definitions.ts';

/** What has become of a trigger's name. Undefined: no trigger has it. */
export type Standing = { readonly wanted: Wanted; readonly isPaused: boolean } | undefined;

export type Change =
  | { readonly kind: 'create'; readonly wanted: Wanted }
  | { readonly kind: 'pause' | 'resume' | 'remove'; readonly name: TriggerName };

interface Named {
  /** As it was acknowledged. */
  acknowledged: Standing;
  /** What was asked for since and not answered, or answered by an engine that failed. */
  readonly open: Change[];
}

/** Which triggers there must be. */
export class Standings {
  readonly #named = new Map<TriggerName, Named>();

  #of(name: TriggerName): Named {
    let named = this.#named.get(name);
    if (named === undefined) {
      named = { acknowledged: undefined, open: [] };
      this.#named.set(name, named);
    }
    return named;
  }

  of(name: TriggerName): Standing {
    return this.#of(name).acknowledged;
  }

  get all(): readonly Exclude<Standing, undefined>[] {
    return [...this.#named.values()].flatMap(({ acknowledged }) => acknowledged ?? []);
  }

  /** Something may become of it at any time. */
  isChanging(name: TriggerName): boolean {
    return this.#of(name).open.length > 0;
  }

  ask(change: Change): void {
    this.#of(nameOf(change)).open.push(change);
  }

  /** It was answered: done, or not done for good. */
  settle(change: Change, isDone: boolean): void {
    const named = this.#of(nameOf(change));
    named.open.splice(named.open.indexOf(change), 1);
    if (isDone) named.acknowledged = after(named.acknowledged, change);
  }

  /** After a restart: each is as it was acknowledged, or as something that was asked for since has it. */
  recover(
    name: TriggerName,
    found: { readonly tag: string; readonly isPaused: boolean } | undefined,
  ): void {
    const named = this.#of(name);
    const possible = [named.acknowledged];
    for (const change of named.open.splice(0)) possible.push(after(possible.at(-1), change));
    const shown = found && `${found.tag}${found.isPaused ? ' paused' : ''}`;
    const isPossible = possible.some((each) => describe(each) === shown);
    expect(isPossible, () => noneOf(name, shown, possible));
    named.acknowledged = possible.find((each) => describe(each) === shown);
  }
}

function noneOf(name: string, shown: string | undefined, possible: readonly Standing[]): string {
  const expected = possible.map((each) => describe(each) ?? 'nothing').join(' or ');
  return `of the trigger ${name} there is ${shown ?? 'nothing'}, not ${expected}`;
}

function describe(standing: Standing): string | undefined {
  return standing && `${standing.wanted.tag}${standing.isPaused ? ' paused' : ''}`;
}

function after(before: Standing, change: Change): Standing {
  switch (change.kind) {
    case 'create':
      return before ?? { wanted: change.wanted, isPaused: false };
    case 'pause':
      return before && { ...before, isPaused: true };
    case 'resume':
      return before && { ...before, isPaused: false };
    case 'remove':
      return undefined;
  }
}

export function nameOf(change: Change): TriggerName {
  return change.kind === 'create' ? change.wanted.name : change.name;
}
