import { isTriggerName, type TriggerName } from '../../src/triggers/trigger.ts';

export function triggerName(text: string): TriggerName {
  if (!isTriggerName(text)) throw new Error(`${text} is no name of a trigger`);
  return text;
}
