/** The engine broke a promise, or the simulator found it stuck. */
export class Violation extends Error {
  override name = 'Violation';
}

export function expect(holds: boolean, problem: () => string): asserts holds {
  if (!holds) throw new Violation(problem());
}
