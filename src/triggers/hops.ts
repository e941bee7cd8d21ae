/** How many relays a request has passed on its way from service to service. */
export const HOPS_HEADER = 'Millrace-Hops';

/** Services that call each other in circles are stopped there. */
export const HOPS_MAX = 16;

/** What a call says that begins here: for a record, or for a source's own sake. */
export const FIRST_HOP: Readonly<Record<string, string>> = { [HOPS_HEADER]: '1' };

export type Hops =
  /** What the request says on the next part of its way. */
  | { readonly kind: 'next'; readonly value: string }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'malformed' };

/** What becomes of a request that came with this header, if it came with one. */
export function nextHops(given: string | undefined): Hops {
  if (given !== undefined && !/^\d{1,3}$/.test(given)) return { kind: 'malformed' };
  const passed = Number(given ?? 0);
  return passed >= HOPS_MAX ? { kind: 'too-many' } : { kind: 'next', value: String(passed + 1) };
}
