import fc from 'fast-check';

/** Letters of every width, halves of pairs, and what means something in JSON, pointers and patterns. */
export const anyLetter = fc.constantFrom(
  ...['a', 'b', '0', 'é', '€', '😀', '\ud83d', '\ude00'],
  ...['"', '\\', '\n', '\u0000', '/', '~', '.', '$', ' '],
);
