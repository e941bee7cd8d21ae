import { describe, expect, it } from 'vitest';
import { FieldReader, MisfitFound, type Misfit } from '../../src/triggers/field-reader.ts';

function misfitOf(read: (fields: FieldReader) => unknown, given: object): Misfit | undefined {
  try {
    read(new FieldReader({ ...given }));
    return undefined;
  } catch (error) {
    if (error instanceof MisfitFound) return error.misfit;
    throw error;
  }
}

describe('a reader of fields', () => {
  it('reads what is there, and undefined where nothing is', () => {
    const fields = new FieldReader({ text: 'a', flag: false, word: 'one', inner: { text: 'b' } });
    expect([fields.text('text', 1), fields.text('none', 1)]).toEqual(['a', undefined]);
    expect([fields.flag('flag'), fields.flag('none')]).toEqual([false, undefined]);
    expect(fields.oneOf('word', ['one', 'two'])).toBe('one');
    expect(fields.object('inner')?.neededText('text', 9)).toBe('b');
    expect(fields.object('none')).toBeUndefined();
    expect(
      misfitOf((again) => {
        again.refuseOthers();
      }, {}),
    ).toBeUndefined();
  });

  it('names what is missing by its place', () => {
    const read = (fields: FieldReader): unknown => fields.neededObject('a').neededText('b', 9);
    expect(misfitOf(read, {})).toEqual({ kind: 'missing', field: 'a' });
    expect(misfitOf(read, { a: {} })).toEqual({ kind: 'missing', field: 'a.b' });
  });

  it.each<[string, (fields: FieldReader) => unknown]>([
    ['a text that is none', (fields) => fields.text('number', 9)],
    ['a text that is too long', (fields) => fields.text('long', 3)],
    ['half of a surrogate pair', (fields) => fields.text('half', 9)],
    ['a flag that is none', (fields) => fields.flag('number')],
    ['another word', (fields) => fields.oneOf('long', ['one'])],
    ['an object that is none', (fields) => fields.object('list')],
    [
      'what nobody asked for',
      (fields) => {
        fields.refuseOthers();
      },
    ],
  ])('refuses %s', (_what, read) => {
    const given = { number: 1, long: 'long', half: '\udc00', list: [] };
    expect(misfitOf(read, given)).toMatchObject({ kind: 'wrong' });
  });

  it('says what may stand where somebody has misspelt a member', () => {
    const read = (fields: FieldReader): void => {
      fields.text('filter', 9);
      fields.flag('share');
      fields.refuseOthers();
    };
    expect(misfitOf(read, { fliter: 'a' })).toEqual({
      kind: 'wrong',
      field: 'fliter',
      reason: 'is nothing that a trigger has; here may be: filter, share',
    });
  });

  it('sees no member that an object has from elsewhere', () => {
    expect(new FieldReader({}).value('toString')).toBeUndefined();
  });
});
