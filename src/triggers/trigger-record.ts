import { parseDefinition, type Definition } from './definition.ts';
import { decodeRecord, encodeRecord, type RecordOf, type Standing } from './standing-record.ts';

export type TriggerRecord = RecordOf<Definition>;
export type StandingRecord = Standing<Definition>;

/** What is stored of a stream trigger. */
export function encodeTriggerRecord(record: TriggerRecord): string {
  return encodeRecord(record, 'stream');
}

/** Undefined for what no stream trigger has written. */
export function decodeTriggerRecord(text: string): TriggerRecord | undefined {
  return decodeRecord(text, (given) => {
    const read = parseDefinition(given);
    return read.ok ? read.definition : undefined;
  });
}
