import fc from 'fast-check';
import { at, entriesOf } from './openapi-checker.ts';

/** What makes arbitraries of the schemas of a document. */
export class SchemaArbitraries {
  readonly #document: unknown;

  constructor(document: unknown) {
    this.#document = document;
  }

  /** Values that the schema takes; `special` says which texts mean something for a member. */
  valid(
    schema: unknown,
    special: (name: string) => readonly unknown[],
    name = '',
  ): fc.Arbitrary<unknown> {
    const resolved = this.resolve(schema);
    const known = special(name);
    const any = this.#any(resolved, special);
    return known.length === 0
      ? any
      : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, any);
  }

  resolve(schema: unknown): unknown {
    const reference = at(schema, '$ref');
    if (typeof reference !== 'string') return schema;
    return at(this.#document, ...reference.slice(2).split('/'));
  }

  #any(schema: unknown, special: (name: string) => readonly unknown[]): fc.Arbitrary<unknown> {
    const values = at(schema, 'enum');
    if (Array.isArray(values)) return fc.constantFrom(...values.map((each: unknown) => each));
    const options = at(schema, 'anyOf');
    if (Array.isArray(options)) {
      return fc.oneof(...options.map((each: unknown) => this.valid(each, special)));
    }
    switch (at(schema, 'type')) {
      case 'integer':
        return anyInteger(Number(at(schema, 'minimum') ?? 0), Number(at(schema, 'maximum') ?? 1e9));
      case 'boolean':
        return fc.boolean();
      case 'string':
        return anyText(schema);
      case 'array': {
        const minLength = Number(at(schema, 'minItems') ?? 0);
        return fc.array(this.valid(at(schema, 'items'), special), { minLength, maxLength: 3 });
      }
      case 'object':
        return this.#anyObject(schema, special);
      default:
        return fc.jsonValue({ maxDepth: 3 });
    }
  }

  #anyObject(
    schema: unknown,
    special: (name: string) => readonly unknown[],
  ): fc.Arbitrary<unknown> {
    const properties = entriesOf(at(schema, 'properties'));
    const required = at(schema, 'required');
    const needed = Array.isArray(required) ? required.map(String) : [];
    if (properties.length === 0) return fc.dictionary(anyWord, anyWord, { maxKeys: 3 });
    const members = Object.fromEntries(
      properties.map(([name, each]) => [name, this.valid(each, special, name)]),
    );
    return fc.record(members, { requiredKeys: needed });
  }
}

const anyWord = fc.constantFrom('a', 'orders', 'eu', 'x-1', 'created_at', 'Z9');

function anyInteger(min: number, max: number): fc.Arbitrary<number> {
  const top = Math.min(max, Number.MAX_SAFE_INTEGER);
  const edges = [min, min + 1, top].filter((edge) => edge >= min && edge <= top);
  return fc.oneof(fc.integer({ min, max: Math.min(top, min + 20) }), fc.constantFrom(...edges));
}

function anyText(schema: unknown): fc.Arbitrary<string> {
  const pattern = at(schema, 'pattern');
  const minLength = Number(at(schema, 'minLength') ?? 0);
  const maxLength = Math.min(Number(at(schema, 'maxLength') ?? 20), 20);
  const any = fc.string({ minLength, maxLength, unit: 'grapheme' });
  if (typeof pattern !== 'string') return fc.oneof(anyWord, any);
  const expression = new RegExp(pattern, 'u');
  const fitting = any.filter((text) => expression.test(text));
  if (expression.test('2030-01-01T00:00:00Z')) {
    const times = ['2030-01-01T00:00:00Z', '1999-12-31T23:59:59.5+01:00'];
    return fc.constantFrom(...times.filter((time) => expression.test(time)), ...words(expression));
  }
  return fc.oneof(fc.constantFrom(...words(expression)), fitting);
}

function words(expression: RegExp): readonly string[] {
  const fitting = ['a', 'orders', 'x-1'].filter((word) => expression.test(word));
  return fitting.length === 0 ? ['2030-01-01T00:00:00Z'] : fitting;
}

/** The value with something at a place in it exchanged for what may not fit there. */
export const anySpoiling: fc.Arbitrary<(value: unknown) => unknown> = fc
  .tuple(
    fc.nat(),
    fc.oneof(
      fc.constantFrom<unknown>(
        null,
        '',
        0,
        -1,
        1.5,
        1e300,
        true,
        [],
        {},
        '\ud800',
        'a..b',
        '>',
        '*',
      ),
      fc.jsonValue({ maxDepth: 4 }),
    ),
  )
  .map(
    ([place, wrong]) =>
      (value) =>
        spoil(value, place, wrong),
  );

function spoil(value: unknown, place: number, wrong: unknown): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const at = place % value.length;
    return value.map((each: unknown, index) =>
      index === at ? spoil(each, Math.floor(place / value.length), wrong) : each,
    );
  }
  const entries = entriesOf(value);
  if (entries.length === 0) return wrong;
  const at = place % entries.length;
  return Object.fromEntries(
    entries.map(([name, each], index): [string, unknown] => [
      name,
      index === at ? spoil(each, Math.floor(place / entries.length), wrong) : each,
    ]),
  );
}
