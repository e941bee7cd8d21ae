import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, RESERVED_BUCKETS, type StreamAddress } from '../../src/protocol/address.ts';
import { isWellFormed } from '../support/text.ts';

/** What a path is refused with, or the kind of what it addresses. */
function meaningOf(path: string): string {
  const route = parsePath(path);
  return route.kind === 'refused' ? route.refusal.code : route.kind;
}

function streamAt(path: string): StreamAddress | undefined {
  const route = parsePath(path);
  return route.kind === 'stream' ? route.address : undefined;
}

/** A path to the address, with everything encoded that can be. */
function pathTo(address: StreamAddress): string {
  if (address.kind === 'bucket') {
    return `/${address.bucket}/${encodeURIComponent(address.stream)}`;
  }
  return `/v1/stream/${address.stream.split('/').map(encodeURIComponent).join('/')}`;
}

describe('a bucket id', () => {
  it.each(['demo', 'a_-9', '____', '----', '0000', 'a'.repeat(64)])('may be %j', (bucket) => {
    expect(parsePath(`/${bucket}`)).toEqual({ kind: 'bucket', bucket });
    expect(streamAt(`/${bucket}/s`)).toEqual({ kind: 'bucket', bucket, stream: 's' });
    expect(parsePath(`/${bucket}/streams`)).toEqual({ kind: 'bucket-streams', bucket });
  });

  it.each([
    'abc',
    'a'.repeat(65),
    'Demo',
    'de mo',
    'demo.',
    'dé--mo',
    'demo%0A',
    'demo%00',
    '%64emO',
    '.%2e%2e.',
    'a%2Fbc',
  ])('is refused: %j', (bucket) => {
    expect(meaningOf(`/${bucket}`)).toBe('invalid-path');
    expect(meaningOf(`/${bucket}/s`)).toBe('invalid-path');
    expect(meaningOf(`/${bucket}/streams`)).toBe('invalid-path');
  });

  it('is reserved where it would shadow an API', () => {
    expect([...RESERVED_BUCKETS].sort()).toEqual([
      'accounts',
      'console',
      'docs',
      'gateway',
      'metrics',
      'storage',
      'streams',
      'trigger',
    ]);
  });

  it.each([...RESERVED_BUCKETS])('is not %s, however it is encoded', (name) => {
    const encoded = `%${Buffer.from(name).toString('hex', 0, 1)}${name.slice(1)}`;
    // What is below it is an API's own; that of managed streams is found here.
    const below = name === 'streams' ? 'managed' : 'invalid-path';
    for (const written of [name, encoded]) {
      expect(meaningOf(`/${written}`)).toBe('invalid-path');
      expect(meaningOf(`/${written}/s`)).toBe(below);
      expect(meaningOf(`/${written}/streams`)).toBe(below);
    }
    expect(meaningOf(`/${name}x`)).toBe('bucket');
  });

  it('is judged after percent decoding', () => {
    expect(parsePath('/%64emo')).toEqual({ kind: 'bucket', bucket: 'demo' });
  });
});

describe('a stream id', () => {
  it.each([
    { encoded: 'hello', stream: 'hello' },
    { encoded: '.', stream: '.' },
    { encoded: '.hidden', stream: '.hidden' },
    { encoded: 'a.b.c', stream: 'a.b.c' },
    { encoded: 'a%20b', stream: 'a b' },
    { encoded: '%C3%A9', stream: 'é' },
    { encoded: '%F0%9F%98%80', stream: '😀' },
    { encoded: 'a%3Fb%23c', stream: 'a?b#c' },
    { encoded: '%25', stream: '%' },
    { encoded: '%252F', stream: '%2F' },
    { encoded: '%0D%0A', stream: '\r\n' },
    { encoded: 'Streams', stream: 'Streams' },
    { encoded: 'streams2', stream: 'streams2' },
    { encoded: "!$&'()*+,;=:@~", stream: "!$&'()*+,;=:@~" },
    { encoded: '<>"{}|\\^`', stream: '<>"{}|\\^`' },
  ])('may be $stream', ({ encoded, stream }) => {
    expect(streamAt(`/demo/${encoded}`)).toEqual({ kind: 'bucket', bucket: 'demo', stream });
  });

  it.each([
    '',
    '..',
    'a..b',
    '...',
    '%2e%2e',
    '.%2E',
    'a%2Fb',
    '%2f',
    '%00',
    'a%00b',
    '%',
    '%4',
    '%zz',
    '%C3',
    '%C3%28',
    '%ED%A0%80',
    '%FF',
    'é',
    'a b',
    'a\u007f',
  ])('is refused: %j', (encoded) => {
    expect(meaningOf(`/demo/${encoded}`)).toBe('invalid-path');
  });

  it('named streams is the list of the bucket, however it is encoded', () => {
    expect(meaningOf('/demo/streams')).toBe('bucket-streams');
    expect(meaningOf('/demo/%73treams')).toBe('bucket-streams');
  });

  it('is at most 122 bytes together with its bucket', () => {
    expect(meaningOf(`/demo/${'s'.repeat(118)}`)).toBe('stream');
    expect(meaningOf(`/demo/${'s'.repeat(119)}`)).toBe('invalid-path');
    const bucket = 'b'.repeat(64);
    expect(meaningOf(`/${bucket}/${'s'.repeat(58)}`)).toBe('stream');
    expect(meaningOf(`/${bucket}/${'s'.repeat(59)}`)).toBe('invalid-path');
    expect(meaningOf(`/demo/${'s'.repeat(123)}`)).toBe('invalid-path');
  });

  it('is measured in bytes of UTF-8, not in characters or as it is encoded', () => {
    expect(meaningOf(`/demo/${'%C3%A9'.repeat(59)}`)).toBe('stream');
    expect(meaningOf(`/demo/${'%C3%A9'.repeat(60)}`)).toBe('invalid-path');
    expect(meaningOf(`/demo/${'%41'.repeat(118)}`)).toBe('stream');
  });
});

describe('a path that nothing is served at', () => {
  it.each(['', '/', '//', '//demo', '/demo/a/b', '/demo/streams/a', '/demo//', '/demo/a/'])(
    '%j is not found',
    (path) => {
      expect(meaningOf(path)).toBe('not-found');
    },
  );
});

describe('the base address', () => {
  it.each([
    { encoded: 'a', stream: 'a' },
    { encoded: 'a/b/c', stream: 'a/b/c' },
    { encoded: 'a%2Fb', stream: 'a/b' },
    { encoded: 'streams', stream: 'streams' },
    { encoded: 'storage/x', stream: 'storage/x' },
    { encoded: 'a..b', stream: 'a..b' },
    { encoded: '...', stream: '...' },
    { encoded: '%C3%A9%20', stream: 'é ' },
    { encoded: '__dsx', stream: '__dsx' },
    { encoded: 'a/__ds', stream: 'a/__ds' },
  ])('may hold $stream', ({ encoded, stream }) => {
    expect(streamAt(`/v1/stream/${encoded}`)).toEqual({ kind: 'base', stream });
  });

  it.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '.',
    '..',
    'a/.',
    'a/../b',
    'a/%2e%2e/b',
    'a%2F..%2Fb',
    'a%2F',
    'a%00',
    '%',
    '%FF',
    'é',
  ])('is refused with %j', (encoded) => {
    expect(meaningOf(`/v1/stream/${encoded}`)).toBe('invalid-path');
  });

  it.each(['__ds', '__ds/', '__ds/jwks', '%5F_ds/x', '__ds%2Fx'])(
    'keeps the control paths of the protocol free: %j',
    (encoded) => {
      expect(['not-found', 'invalid-path']).toContain(meaningOf(`/v1/stream/${encoded}`));
    },
  );

  it('takes paths of at most 1024 bytes', () => {
    expect(meaningOf(`/v1/stream/${'a'.repeat(1024)}`)).toBe('stream');
    expect(meaningOf(`/v1/stream/${'a'.repeat(1025)}`)).toBe('invalid-path');
    expect(meaningOf(`/v1/stream/${'%C3%A9'.repeat(512)}`)).toBe('stream');
    expect(meaningOf(`/v1/stream/${'%C3%A9'.repeat(513)}`)).toBe('invalid-path');
  });

  it.each(['/v1/stream', '/v1', '/v1/streams/a', '/V1/stream/a', '/v1//stream/a'])(
    'does not begin with %j',
    (path) => {
      expect(meaningOf(path)).not.toBe('stream');
    },
  );
});

describe('any path', () => {
  it('is given a meaning, and never throws', () => {
    const anyPath = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webPath(),
      fc
        .array(fc.constantFrom('/', 'demo', 'v1/stream/', '%', '%2F', '%2e', '..', '%00', 'é', 'a'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(anyPath, (path) => {
        const meaning = meaningOf(path);
        const known = ['stream', 'bucket', 'bucket-streams', 'invalid-path', 'not-found'];
        expect(known).toContain(meaning);
        const address = streamAt(path);
        expect(address?.stream.includes('\0') ?? false).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the path of an address', () => {
  const anyId = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter(isWellFormed);

  it('leads back to it', () => {
    const anyAddress = fc.oneof(
      fc.record({
        kind: fc.constant('bucket' as const),
        bucket: fc.constantFrom('demo', 'a_-9'),
        stream: anyId.filter((id) => !/[/\0]|\.\.|^streams$/.test(id)),
      }),
      fc.record({
        kind: fc.constant('base' as const),
        stream: fc
          .array(
            anyId.filter((id) => !/[/\0]|^\.\.?$|^__ds$/.test(id)),
            { minLength: 1, maxLength: 3 },
          )
          .map((segments) => segments.join('/')),
      }),
    );
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(streamAt(pathTo(address))).toEqual(address);
      }),
      { numRuns: 1000 },
    );
  });
});
