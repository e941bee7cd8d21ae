/** The end of an exhaustive switch: reaching it is a programmer's error, and a compile error first. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** States an invariant. A false one is a programmer's error, never a user's. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

/** The value, where an invariant says that there is one. */
export function must<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new Error(`invariant broken: ${message}`);
  return value;
}
