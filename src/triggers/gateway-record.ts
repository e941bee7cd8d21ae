import { parseGatewayDefinition, type GatewayDefinition } from './gateway-definition.ts';
import { decodeRecord, encodeRecord, type RecordOf } from './standing-record.ts';

export type GatewayRecord = RecordOf<GatewayDefinition>;

/** What is stored of a gateway trigger. */
export function encodeGatewayRecord(record: GatewayRecord): string {
  return encodeRecord(record, 'gateway');
}

/** Undefined for what no gateway trigger has written. */
export function decodeGatewayRecord(text: string): GatewayRecord | undefined {
  return decodeRecord(text, (given) => {
    const read = parseGatewayDefinition(given);
    return read.ok ? read.definition : undefined;
  });
}
