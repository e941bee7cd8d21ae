import fc from 'fast-check';

export interface CutBytes {
  readonly whole: Buffer;
  readonly pieces: readonly Buffer[];
}

/** The bytes in pieces, some of them empty. */
export function cutAnywhere(whole: Buffer): fc.Arbitrary<CutBytes> {
  return fc.array(fc.nat(whole.length), { maxLength: 12 }).map((cuts) => {
    const ends = [...cuts.toSorted((one, other) => one - other), whole.length];
    const pieces = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
    return { whole, pieces };
  });
}
