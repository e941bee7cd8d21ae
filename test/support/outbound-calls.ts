import { onTestFinished } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { parseAddressRange } from '../../src/services/ip-address.ts';
import { Outbound, type OutboundSettings } from '../../src/services/outbound.ts';
import { namesOf } from '../services/service.ts';

/** What a test never waits for. */
export const LONG_MS = 60_000;

const LOOPBACK = must(parseAddressRange('127.0.0.1'), 'a range');
const HERE = [['127.0.0.1']];

/** Makes calls to this machine, also under the names one.test and two.test, and ends with the test. */
export function outbound(settings: Partial<OutboundSettings> = {}): Outbound {
  const made = new Outbound({
    addresses: { allowPrivate: false, allowed: [LOOPBACK] },
    resolve: namesOf({ 'one.test': HERE, 'two.test': HERE }).resolve,
    connectTimeoutMs: LONG_MS,
    headBytesMax: 16_384,
    callsMax: 100,
    waitingPerOriginMax: 100,
    lookupsMax: 10,
    socketsPerOriginMax: 10,
    idleSocketsMax: 10,
    idleMs: LONG_MS,
    ca: undefined,
    ...settings,
  });
  onTestFinished(() => {
    made.close();
  });
  return made;
}
