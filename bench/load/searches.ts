// The stream that is searched: which subjects it has, and what is looked for.

const KINDS = ['orders', 'returns', 'invoices', 'visits', 'carts'];
const SHOPS = 50;
const EVENTS = 40;

export const SUBJECTS = KINDS.length * SHOPS * EVENTS;

/** `kind.shop.event`, each of the subjects once while `number` runs over all. */
export function searchedSubject(number: number): string {
  const kind = KINDS[number % KINDS.length] ?? '';
  const shop = Math.floor(number / KINDS.length) % SHOPS;
  const event = Math.floor(number / KINDS.length / SHOPS) % EVENTS;
  return `${kind}.${shop}.event-${event}`;
}

export interface Search {
  readonly name: string;
  /** What is looked for in the subject's place; undefined: nothing is. */
  readonly pattern: ((subject: string) => string) | undefined;
}

export const NO_SEARCH: Search = { name: 'no search', pattern: undefined };

export const SEARCHES: readonly Search[] = [
  { name: 'literal', pattern: (subject) => subject },
  { name: `orders.17.*`, pattern: (subject) => replaceToken(subject, 2) },
  { name: `*.17.event-3`, pattern: (subject) => replaceToken(subject, 0) },
  { name: `*.*.event-3`, pattern: (subject) => replaceToken(replaceToken(subject, 0), 1) },
];

function replaceToken(subject: string, index: number): string {
  return subject.split('.').with(index, '*').join('.');
}
