/**
 * The text, in memory of its own; each character is a byte, as in all that a request says before its
 * body. A part of a longer text would keep all of that alive wherever it is remembered.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
