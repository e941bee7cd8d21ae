import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/triggers/filter.ts';
import { parseProjection } from '../../src/triggers/projection.ts';
import { PROJECTED_LENGTH_MAX, shape, type Shaped } from '../../src/triggers/shape.ts';
import { parseMapping } from '../../src/triggers/subject-mapping.ts';
import { subject } from '../support/managed.ts';

interface Given {
  readonly filter?: unknown;
  readonly projection?: unknown;
  readonly target?: string;
}

function shaped({ filter, projection, target = 'copied.$1' }: Given, body: string): Shaped {
  const mapping = parseMapping('orders.*', target);
  const parsedFilter = filter === undefined ? undefined : parseFilter(filter);
  const parsedProjection = projection === undefined ? undefined : parseProjection(projection);
  if (!mapping.ok || parsedFilter?.ok === false || parsedProjection?.ok === false) {
    throw new Error('not as a trigger has it');
  }
  return shape(
    {
      mapping: mapping.mapping,
      filter: parsedFilter?.filter,
      projection: parsedProjection?.projection,
    },
    {
      subject: subject('orders.eu'),
      seq: 7,
      created: '2026-01-02T03:04:05.000Z',
      stream: 'ORDERS',
      body: Buffer.from(body),
    },
  );
}

function lineOf(result: Shaped): string {
  if (result.kind !== 'message') return 'reason' in result ? result.reason : result.kind;
  return `${result.subject} ${result.body.toString()}`;
}

describe('a record that a trigger carries', () => {
  it('keeps its body to the byte', () => {
    expect(lineOf(shaped({}, '{ "n": 1.0, "n": 12345678901234567890 }'))).toBe(
      'copied.eu { "n": 1.0, "n": 12345678901234567890 }',
    );
  });

  it.each([
    ['{"amount":10}', 'copied.eu {"amount":10}'],
    ['{"amount":9}', 'filtered'],
    ['7', 'filtered'],
  ])('goes on only where the filter holds: %s', (body, line) => {
    expect(lineOf(shaped({ filter: { path: '/amount', gte: 10 } }, body))).toBe(line);
  });

  it('is filtered by what it is, and projected then', () => {
    const projection = {
      id: { $get: '/body/id' },
      from: { $get: '/stream' },
      at: { $get: '/seq' },
    };
    const filter = { path: '/id', exists: true };
    expect(lineOf(shaped({ filter, projection }, '{"id":"a"}'))).toBe(
      'copied.eu {"id":"a","from":"ORDERS","at":7}',
    );
    expect(lineOf(shaped({ filter, projection }, '{}'))).toBe('filtered');
  });

  it('is a fault where nothing can be made of it', () => {
    expect(lineOf(shaped({ filter: { path: '', exists: true } }, 'no JSON'))).toBe('body-unfit');
    const twice = [{ $get: '/body' }, { $get: '/body' }];
    const long = JSON.stringify('x'.repeat(PROJECTED_LENGTH_MAX / 2 + 1));
    expect(lineOf(shaped({ projection: twice }, long))).toBe('body-too-large');
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const whole = { all: { $get: '/body' } };
    expect(lineOf(shaped({ projection: whole }, deep))).toBe('body-too-large');
    const target = Array.from({ length: 400 }, () => '$1').join('.');
    expect(lineOf(shaped({ target }, '1'))).toBe('subject-unfit');
  });
});
