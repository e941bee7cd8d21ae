import type { Clock } from '../../lib/clock.ts';

/** The last fields of every answer: the date, and whether the connection goes on. Whole lines. */
export interface ClosingFields {
  readonly keepAlive: string;
  readonly goodbye: string;
}

/**
 * The fields at this time, as node writes them (RFC 9110, "Date/Time Formats"). A server answers
 * thousands of times within the second that a date lasts.
 */
export function closingFields(clock: Clock, keepAliveTimeoutMs: number): () => ClosingFields {
  const hint = keepAliveHint(keepAliveTimeoutMs);
  let second = -1;
  let fields: ClosingFields = { keepAlive: '', goodbye: '' };
  return () => {
    const now = Math.floor(clock.nowMs() / 1000);
    if (now !== second) {
      second = now;
      const date = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
      fields = {
        keepAlive: `${date}Connection: keep-alive\r\n${hint}\r\n`,
        goodbye: `${date}Connection: close\r\n\r\n`,
      };
    }
    return fields;
  };
}

/** Tells a client for how long it may use the connection again; 0 is without end and needs none. */
function keepAliveHint(timeoutMs: number): string {
  const seconds = Math.floor(timeoutMs / 1000);
  return seconds > 0 ? `Keep-Alive: timeout=${seconds}\r\n` : '';
}
