/**
 * A value that an engine may have at hand. Engines in this process answer most questions from
 * memory; a promise for each would cost the hot path a turn of the microtask queue.
 */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}
