import { isObject } from './json-value.ts';

/** What is kept of a trigger while it stands; each type has definitions of its own. */
export interface Standing<Definition> {
  readonly kind: 'standing';
  /** Names this trigger among all that have had its name. */
  readonly id: string;
  readonly isPaused: boolean;
  readonly definition: Definition;
}

/** What has become of a trigger, as its account's stream of configurations has it. */
export type RecordOf<Definition> = Standing<Definition> | { readonly kind: 'deleted' };

const DELETED = { type: 'deleted' };
const ID = /^[0-9a-zA-Z-]{1,64}$/;

/** The JSON that is stored: `{type, id, trigger}`, or `{type: "deleted"}`. */
export function encodeRecord<Definition extends { readonly trigger: object }>(
  record: RecordOf<Definition>,
  triggerType: string,
): string {
  if (record.kind === 'deleted') return JSON.stringify(DELETED);
  const { id, isPaused, definition } = record;
  const trigger = { ...definition.trigger, trigger_type: triggerType };
  return JSON.stringify({ type: isPaused ? 'paused' : 'active', id, trigger });
}

/** Undefined for what no trigger has written. */
export function decodeRecord<Definition>(
  text: string,
  read: (trigger: unknown) => Definition | undefined,
): RecordOf<Definition> | undefined {
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const { type, id, trigger } = value;
  if (type === DELETED.type) return { kind: 'deleted' };
  if (type !== 'active' && type !== 'paused') return undefined;
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  const definition = read(trigger);
  return definition && { kind: 'standing', id, isPaused: type === 'paused', definition };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
