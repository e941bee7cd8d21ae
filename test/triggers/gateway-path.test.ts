import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, PATH_LENGTH_MAX } from '../../src/triggers/gateway-path.ts';

describe('the path of a gateway', () => {
  it.each([
    '/',
    '/orders',
    '/orders/',
    '/v1/orders/new',
    '/a.b/..c/~d',
    '/%2F/%20',
    "/a:b@c!$&'()*+,;=",
    `/${'x'.repeat(PATH_LENGTH_MAX - 1)}`,
  ])('is as it should be written: %s', (path) => {
    expect(canonicalPath(path)).toBe(path);
  });

  it.each([
    ['/%6frders', '/orders'],
    ['/%7Eann', '/~ann'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%2fb', '/a%2Fb'],
  ])('%s is another way to write %s', (written, path) => {
    expect(canonicalPath(written)).toBe(path);
  });

  it.each([
    '',
    'orders',
    '//',
    '/a//b',
    '/./a',
    '/a/..',
    '/a/%2e%2E/b',
    '/a?b=1',
    '/a#b',
    '/a b',
    '/ä',
    '/{id}',
    '/a%2',
    '/a%zz',
    `/${'x'.repeat(PATH_LENGTH_MAX)}`,
    `/${'%41'.repeat(PATH_LENGTH_MAX)}`,
  ])('is never %j', (path) => {
    expect(canonicalPath(path)).toBeUndefined();
  });

  it('means the same after any encoding, and is the same when it is made canonical again', () => {
    fc.assert(
      fc.property(fc.webPath(), (written) => {
        const path = canonicalPath(written);
        if (path === undefined) return;
        expect(decodeAll(path)).toBe(decodeAll(written));
        expect(canonicalPath(path)).toBe(path);
      }),
    );
  });
});

function decodeAll(path: string): string {
  return path.split('/').map(unescape).join('/');
}
function unescape(text: string): string {
  return text.replace(/%([\da-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
