import { describe, expect, it } from 'vitest';
import { nextLink } from '../../src/services/link-header.ts';

const PAGE = new URL('https://service.example/items/list?page=1');

describe('the next page', () => {
  it.each([
    { header: '<https://other.example/p2>; rel="next"', next: 'https://other.example/p2' },
    { header: '<?page=2>; rel="next"', next: 'https://service.example/items/list?page=2' },
    { header: '</x>;rel=next', next: 'https://service.example/x' },
    { header: '<more>  ;  REL = "NEXT"', next: 'https://service.example/items/more' },
    { header: '<a>; rel="prev next"', next: 'https://service.example/items/a' },
    {
      header: '<a>; rel="prev", <b>; rel="next", <c>; rel=next',
      next: 'https://service.example/items/b',
    },
    {
      header: '<a,b;c>; title="x, <y>; rel=next"; rel="next"',
      next: 'https://service.example/items/a,b;c',
    },
    { header: '<a>; title="a \\" b"; rel=next', next: 'https://service.example/items/a' },
    { header: 'nonsense, <a>; rel=next', next: 'https://service.example/items/a' },
    { header: ',, ,<a>; ;rel=next,', next: 'https://service.example/items/a' },
    { header: '<a#part>; rel=next', next: 'https://service.example/items/a' },
    { header: '<a>; rel=next; anchor="?page=1"', next: 'https://service.example/items/a' },
    { header: '<>; rel=next', next: PAGE.href },
    { header: '<http://[>; rel=next, <b>; rel=next', next: 'https://service.example/items/b' },
  ])('of $header', ({ header, next }) => {
    expect(nextLink(header, PAGE)?.href).toBe(next);
  });

  it.each([
    undefined,
    '',
    '<a>',
    '<a>; rel="prev"',
    '<a>; rel=nextish',
    '<a>; rel=prev; rel=next',
    '<a>; title="rel=next"',
    '<a>; rel=next; anchor="/other"',
    '<a; rel=next',
    'a; rel=next',
  ])('is not in %j', (header) => {
    expect(nextLink(header, PAGE)).toBeUndefined();
  });

  it.each(['<', '<a>;', '<a>;a="', '<a>;a=\\"', '"', ';', '<a>;rel=x,'])(
    'is looked for in time that grows with the header: %s over and over',
    (part) => {
      expect(nextLink(part.repeat(200_000), PAGE)).toBeUndefined();
    },
  );
});
