// RFC 9110, "IMF-fixdate": what has been written for long. The two older forms are read as none.
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds since 1970, or undefined for what is no date of HTTP. */
export function parseHttpDate(text: string): number | undefined {
  if (!IMF_FIXDATE.test(text)) return undefined;
  const atMs = Date.parse(text);
  // A day that is not in the calendar, or that is another day of the week, is read as a near one.
  return Number.isNaN(atMs) || new Date(atMs).toUTCString() !== text ? undefined : atMs;
}
