// RFC 3339, "date-time". The other ranges are left to Date.
const DATE_TIME =
  /^\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970, or undefined for what is no date and time of the calendar. */
export function parseDateTime(text: string): number | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  const day = text.slice(0, 10);
  const atMs = Date.parse(text.toUpperCase());
  const dayMs = Date.parse(`${day}T00:00:00Z`);
  // Date reads February 30 as March 1, and only writing the day back shows it.
  if (Number.isNaN(atMs) || !new Date(dayMs).toISOString().startsWith(day)) return undefined;
  // Whatever lies before 1970 is long past either way, and times are stored unsigned.
  return Math.max(0, atMs);
}
