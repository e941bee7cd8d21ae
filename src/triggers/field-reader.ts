import { isObject, memberOf, type JsonObject } from './json-value.ts';

/** What is wrong with what was given; `field` names the place, such as `source.subject`. */
export type Misfit =
  | { readonly kind: 'missing'; readonly field: string }
  | { readonly kind: 'wrong'; readonly field: string; readonly reason: string };

/** Ends the reading at the first misfit; caught where the reading began. */
export class MisfitFound extends Error {
  override readonly name = 'MisfitFound';
  readonly misfit: Misfit;

  constructor(misfit: Misfit) {
    super(misfit.field);
    this.misfit = misfit;
  }
}

/** Reads the members of a JSON object one by one. Throws `MisfitFound` for what does not fit. */
export class FieldReader {
  readonly #object: JsonObject;
  readonly #field: string;
  readonly #known = new Set<string>();

  constructor(object: JsonObject, field = '') {
    this.#object = object;
    this.#field = field;
  }

  /** The member's value as it is; undefined when it is not there. */
  value(name: string): unknown {
    this.#known.add(name);
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  /** At most `lengthMax` units of UTF-16, and no half of a surrogate pair among them. */
  text(name: string, lengthMax: number): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.length > lengthMax || !isWellFormed(value)) {
      throw this.wrong(name, `must be a string of at most ${lengthMax} characters`);
    }
    return value;
  }

  neededText(name: string, lengthMax: number): string {
    const text = this.text(name, lengthMax);
    if (text === undefined) throw this.missing(name);
    return text;
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(name, 'must be true or false');
  }

  /** From 1 to this. */
  integer(name: string, max: number): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const isFit = typeof value === 'number' && Number.isSafeInteger(value);
    if (isFit && value >= 1 && value <= max) return value;
    throw this.wrong(name, `must be an integer from 1 to ${max}`);
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const word = words.find((each) => each === value);
    if (word === undefined) throw this.wrong(name, `must be one of: ${words.join(', ')}`);
    return word;
  }

  neededObject(name: string): FieldReader {
    const reader = this.object(name);
    if (reader === undefined) throw this.missing(name);
    return reader;
  }

  object(name: string): FieldReader | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.wrong(name, 'must be an object');
    return new FieldReader(value, memberOf(this.#field, name));
  }

  missing(name: string): MisfitFound {
    return new MisfitFound({ kind: 'missing', field: memberOf(this.#field, name) });
  }

  wrong(name: string, reason: string): MisfitFound {
    return new MisfitFound({ kind: 'wrong', field: memberOf(this.#field, name), reason });
  }

  /** A member that nobody has asked for is misspelt, more likely than meant for nothing. */
  refuseOthers(whole = 'a trigger'): void {
    const other = Object.keys(this.#object).find((name) => !this.#known.has(name));
    if (other === undefined) return;
    const known = [...this.#known].join(', ');
    throw this.wrong(other, `is nothing that ${whole} has; here may be: ${known}`);
  }
}

/** Others could not be written as UTF-8 and read back as they were. */
function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
