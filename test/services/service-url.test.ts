import { describe, expect, it } from 'vitest';
import { headersFor, isServiceHeader, redirected, type Hop } from '../../src/services/hop.ts';
import { parseServiceUrl } from '../../src/services/service-url.ts';

const STRANGERS = { allowPrivate: false, allowed: [] };

describe('the URL of a service', () => {
  it.each([
    'http://service.example',
    'https://service.example:8443/hooks?x=1',
    'http://8.8.8.8/',
    'http://[2606:4700::1111]:8080/',
    // What it leads to is judged when it is called.
    'http://localhost/',
  ])('may be %s', (url) => {
    expect(parseServiceUrl(url, STRANGERS)).toMatchObject({ ok: true });
  });

  it.each([
    ...[
      ['', 'malformed'],
      ['service.example', 'malformed'],
      ['http://', 'malformed'],
    ],
    ...[
      ['http://a b/', 'malformed'],
      [' http://a/', 'malformed'],
      ['http://a/\n', 'malformed'],
    ],
    ...[
      ['http://ä.example/', 'malformed'],
      ['http://a:99999/', 'malformed'],
    ],
    ...[
      ['ftp://a/', 'scheme'],
      ['file:///etc/passwd', 'scheme'],
      ['javascript:1', 'scheme'],
    ],
    ...[
      ['ws://a/', 'scheme'],
      ['data:,x', 'scheme'],
      ['gopher://a/', 'scheme'],
    ],
    ...[
      ['http://u:p@a/', 'credentials'],
      ['http://u@a/', 'credentials'],
    ],
    ...[
      ['http://@a/', 'credentials'],
      ['http://:@a/', 'credentials'],
    ],
    ...[
      ['http://a/#x', 'fragment'],
      ['http://a/#', 'fragment'],
    ],
    [`http://a/${'x'.repeat(2048)}`, 'too-long'],
  ])('is not %j: %s', (url, reason) => {
    expect(parseServiceUrl(url, STRANGERS)).toEqual({
      ok: false,
      failure: { kind: 'invalid-url', reason },
    });
  });

  it.each([
    ...['http://10.1.2.3/', 'http://169.254.169.254/latest', 'http://[::1]/', 'http://127.1/'],
    ...[
      'http://[::ffff:10.0.0.1]/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://017700000001/',
    ],
    ...['http://127.0.0.1./', 'http://0/', 'http://[::]/', 'http://%31%32%37.0.0.1/'],
  ])('does not name an address that is closed: %s (W1)', (url) => {
    expect(parseServiceUrl(url, STRANGERS)).toMatchObject({ failure: { kind: 'refused-address' } });
    expect(parseServiceUrl('http://127.0.0.1/', { ...STRANGERS, allowPrivate: true }).ok).toBe(
      true,
    );
  });
});

describe('a redirect', () => {
  const body = Buffer.from('x');
  const headers = { authorization: 'Bearer x', 'X-Key': 'k', 'Content-Type': 'text/plain' };
  const post: Hop = { url: new URL('https://a.example/in'), method: 'POST', headers, body };
  const get: Hop = { ...post, method: 'GET', body: undefined };

  it.each([200, 201, 300, 304, 305, 306, 399])('is not meant by %i', (status) => {
    expect(redirected(get, status, '/other', STRANGERS)).toBeUndefined();
  });

  it.each([301, 302, 303])('by %i is followed without a body alone', (status) => {
    expect(redirected(get, status, '/other', STRANGERS)).toMatchObject({ method: 'GET' });
    expect(redirected(post, status, '/other', STRANGERS)).toBeUndefined();
  });

  it.each([307, 308])('by %i takes the body along', (status) => {
    const hop = redirected(post, status, 'other#part', STRANGERS);
    expect(hop).toEqual({ ...post, url: new URL('https://a.example/other') });
  });

  it('without a place leads nowhere', () => {
    expect(redirected(get, 307, undefined, STRANGERS)).toBeUndefined();
  });

  it.each([
    { to: 'http://a.example/', failure: { kind: 'unreachable', reason: 'redirect-downgrade' } },
    { to: 'ftp://a.example/', failure: { kind: 'invalid-url', reason: 'scheme' } },
    { to: 'https://u:p@a.example/', failure: { kind: 'invalid-url', reason: 'credentials' } },
    { to: 'https://[', failure: { kind: 'invalid-url', reason: 'malformed' } },
    { to: 'https://10.0.0.1/', failure: { kind: 'refused-address', address: '10.0.0.1' } },
  ])('to $to is not followed', ({ to, failure }) => {
    expect(redirected(post, 307, to, STRANGERS)).toEqual(failure);
  });

  it.each(['https://b.example/', 'https://a.example:8443/'])('to %s takes no credentials', (to) => {
    expect(redirected(post, 307, to, STRANGERS)).toMatchObject({
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(headersFor(headers, post.url, new URL(to))).toEqual({ 'Content-Type': 'text/plain' });
  });
});

describe('a header of a call', () => {
  it('is any that belongs to neither the connection nor the body', () => {
    expect(isServiceHeader('X-Key', 'a b\tc')).toBe(true);
    expect(isServiceHeader('Authorization', 'Bearer x')).toBe(true);
    const reserved = [
      'Host',
      'connection',
      'Content-Length',
      'TE',
      'Proxy-Authorization',
      'expect',
    ];
    for (const name of reserved) expect(isServiceHeader(name, 'x')).toBe(false);
  });

  it.each([
    ['', 'x'],
    ['a b', 'x'],
    ['a:', 'x'],
    ['a\r\n', 'x'],
    ['a', 'x\r\nb: c'],
    ['a', 'é'],
    ['a', '\0'],
  ])('is not %j: %j', (name, value) => {
    expect(isServiceHeader(name, value)).toBe(false);
  });
});
