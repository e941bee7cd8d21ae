import type { Clock } from '../../lib/clock.ts';

/** The time as `Date` has it (RFC 9110, "Date/Time Formats"), written once a second. */
export function httpDates(clock: Clock): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.nowMs() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
