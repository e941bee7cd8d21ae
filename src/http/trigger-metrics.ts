import { Counter, Gauge, type Registry } from 'prom-client';
import type { Outcome } from '../delivery/progress.ts';
import type { TriggerActivity } from '../delivery/trigger-totals.ts';
import type { AccountLabels } from './account-labels.ts';

/** In the words of the API. */
const OUTCOMES: readonly (readonly [Outcome, string])[] = [
  ['delivered', 'delivered'],
  ['filtered', 'filtered'],
  ['retried', 'retried'],
  ['deadLettered', 'dead_lettered'],
  ['skipped', 'skipped'],
  ['missed', 'missed'],
];

/** What the triggers of accounts do, asked when metrics are collected. */
export function observeTriggers(
  registry: Registry,
  labels: AccountLabels,
  activity: () => TriggerActivity,
): void {
  const registers = [registry];
  const triggers: Gauge = new Gauge({
    name: 'millrace_triggers',
    help: 'Triggers from streams and services, by what they do now',
    labelNames: ['account', 'state'],
    registers,
    collect: () => {
      triggers.reset();
      for (const [owner, counts] of activity().states) {
        const account = labels.of(owner);
        for (const [state, count] of Object.entries(counts))
          triggers.inc({ account, state }, count);
      }
    },
  });
  const records: Counter = new Counter({
    name: 'millrace_trigger_records_total',
    help: 'What became of records that triggers took up, since the start; retried: attempts',
    labelNames: ['account', 'outcome'],
    registers,
    collect: () => {
      records.reset();
      for (const [owner, counts] of activity().records) {
        const account = labels.of(owner);
        for (const [name, outcome] of OUTCOMES) records.inc({ account, outcome }, counts[name]);
      }
    },
  });
}
