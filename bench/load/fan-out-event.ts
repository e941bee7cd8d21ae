/** An event says when it was due: `@@` and sixteen digits of microseconds, padded to a length. */
export const eventMark = '@@';
export const eventTimeDigits = 16;

export function eventBody(dueMs: number, bytes: number): Buffer {
  const micros = Math.round(dueMs * 1000).toString();
  const text = eventMark + micros.padStart(eventTimeDigits, '0');
  return Buffer.from(text.padEnd(bytes, '.'), 'latin1');
}
