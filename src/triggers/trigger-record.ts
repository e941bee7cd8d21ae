import { parseDefinition, type Definition } from './definition.ts';
import { isObject } from './json-value.ts';

/** What has become of a trigger, as its account's stream of configurations has it. */
export type TriggerRecord = StandingRecord | { readonly kind: 'deleted' };

export interface StandingRecord {
  readonly kind: 'standing';
  /** Names this trigger among all that have had its name. */
  readonly id: string;
  readonly isPaused: boolean;
  readonly definition: Definition;
}

const DELETED = { type: 'deleted' };
const ID = /^[0-9a-zA-Z-]{1,64}$/;

/** The JSON that is stored: `{type, id, trigger}`, or `{type: "deleted"}`. */
export function encodeTriggerRecord(record: TriggerRecord): string {
  if (record.kind === 'deleted') return JSON.stringify(DELETED);
  const { id, isPaused, definition } = record;
  const trigger = { ...definition.trigger, trigger_type: 'stream' };
  return JSON.stringify({ type: isPaused ? 'paused' : 'active', id, trigger });
}

/** Undefined for what no trigger has written. */
export function decodeTriggerRecord(text: string): TriggerRecord | undefined {
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const { type, id, trigger } = value;
  if (type === DELETED.type) return { kind: 'deleted' };
  if (type !== 'active' && type !== 'paused') return undefined;
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  const read = parseDefinition(trigger);
  if (!read.ok) return undefined;
  return { kind: 'standing', id, isPaused: type === 'paused', definition: read.definition };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
