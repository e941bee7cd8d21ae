import type { ManagedRefused } from '../managed/refusal.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Definition } from '../triggers/definition.ts';
import type { Misfit } from '../triggers/field-reader.ts';
import type { TriggerState } from '../triggers/trigger-state.ts';
import type { Lag } from './lag.ts';
import type { CarriedSource } from './running.ts';

export interface TriggerView {
  readonly definition: Definition;
  readonly state: TriggerState;
  readonly sources: readonly CarriedSource[];
  readonly lag: Lag;
}

export type Created =
  | { readonly kind: 'created'; readonly definition: Definition }
  | { readonly kind: 'unfit'; readonly misfit: Misfit }
  | { readonly kind: 'name-in-use' }
  /** Through these triggers what it delivers would come back to it. */
  | { readonly kind: 'cycle'; readonly names: readonly string[] }
  | { readonly kind: 'no-consent'; readonly account: string }
  /** What the request shows of the target's account counts for nothing. */
  | { readonly kind: 'not-shown'; readonly refusal: Refusal }
  | { readonly kind: 'too-many'; readonly triggersMax: number }
  | ManagedRefused;

export type Changed = { readonly kind: 'done' } | { readonly kind: 'absent' } | ManagedRefused;
