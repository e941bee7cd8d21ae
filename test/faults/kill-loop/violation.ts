/** A promise of the server was broken. */
export class Violation extends Error {
  override name = 'Violation';
}
