import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { bodyValidator, textValidator, type Validate } from '../../../src/http/json/validation.ts';

/** The value that is taken, or what is complained of. */
function outcomeOf(validate: Validate, value: unknown): unknown {
  const validated = validate(value);
  if (validated.ok) return validated.value;
  return `${validated.complaint.field}: ${validated.complaint.reason}`;
}

describe('a body', () => {
  const validate = bodyValidator(
    Type.Object({
      count: Type.Optional(Type.Integer({ minimum: 1 })),
      list: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
    }),
  );

  it('is taken as it is', () => {
    const value = { count: 3, list: [{ name: 'a' }], other: true };
    expect(outcomeOf(validate, value)).toBe(value);
  });

  it('is never bent into shape', () => {
    expect(outcomeOf(validate, { count: '3' })).toBe('count: must be integer');
    expect(outcomeOf(validate, { count: null })).toBe('count: must be integer');
    expect(outcomeOf(validate, { count: 0 })).toBe('count: must be >= 1');
  });

  it('is refused with the place that is wrong', () => {
    expect(outcomeOf(validate, { list: [{ name: 'a' }, { name: 5 }] })).toBe(
      'list[1].name: must be string',
    );
    expect(outcomeOf(validate, { list: [{}] })).toBe('list[0].name: must be given');
    expect(outcomeOf(validate, [])).toBe(': must be object');
  });
});

describe('what a URL says', () => {
  const validate = textValidator(
    Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      seqs: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }))),
      text: Type.Optional(Type.String()),
    }),
  );

  it('is read by what is asked for', () => {
    const read = { limit: 10, seqs: [1, 2, 30], text: '10' };
    expect(outcomeOf(validate, { limit: '10', seqs: '1,2,30', text: '10' })).toEqual(read);
  });

  it.each(['', '1.0', '1e2', '0x10', ' 1', '1 ', '+1', '01', '-1', '1,2', 'true', 'null'])(
    'is no integer when it says "%s"',
    (limit) => {
      expect(outcomeOf(validate, { limit })).toBe('limit: must be integer');
    },
  );

  it.each(['', '1,', ',1', '1,,2', '1, 2', 'a'])('is no list when it says "%s"', (seqs) => {
    expect(outcomeOf(validate, { seqs })).toMatch(/^seqs\[\d\]: must be integer$/);
  });

  it('is refused when there is nothing that could be read', () => {
    expect(outcomeOf(validate, { text: null })).toBe('text: must be string');
    expect(outcomeOf(validate, { limit: '1001' })).toBe('limit: must be <= 1000');
  });

  it('is refused with an example when what it has to say is left out', () => {
    const needing = textValidator(
      Type.Object({
        pattern: Type.String({ minLength: 1, examples: ['a.>'] }),
        seqs: Type.Optional(Type.Array(Type.Integer())),
      }),
    );
    expect(outcomeOf(needing, {})).toBe('pattern: must be given, as in ?pattern=a.>');
    expect(outcomeOf(needing, { seqs: 'x' })).toBe('pattern: must be given, as in ?pattern=a.>');
    expect(outcomeOf(needing, { pattern: '' })).toMatch(/^pattern: must not have fewer/);
  });
});
