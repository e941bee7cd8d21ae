import { Violation } from './violation.ts';

/**
 * Which incarnation was seen under which name for it: entity tags rest on that. An incarnation is
 * the number of the commit that made it.
 */
export class Incarnations {
  readonly #history: { isAcknowledged(commit: { readonly id: number }): boolean };
  readonly #byName = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(history: { isAcknowledged(commit: { readonly id: number }): boolean }) {
    this.#history = history;
  }

  /** After a restart: what a weak mode has lost may come to another life under the same name. */
  forgetLost(): void {
    for (const [name, incarnation] of this.#byName) {
      if (this.#history.isAcknowledged({ id: incarnation })) continue;
      this.#byName.delete(name);
      this.#names.delete(incarnation);
    }
  }

  nameOf(incarnation: number): string | undefined {
    return this.#names.get(incarnation);
  }

  check(name: string, incarnation: number, what: () => string): void {
    const known = this.#byName.get(name) ?? incarnation;
    const knownName = this.#names.get(incarnation) ?? name;
    if (known !== incarnation || knownName !== name) {
      throw new Violation(`${what()} has the incarnation ${name} of another life`);
    }
    this.#byName.set(name, incarnation);
    this.#names.set(incarnation, name);
  }
}
