import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PageTokens } from '../../src/delivery/page-tokens.ts';

const PAGE = new URL('https://service.example/in?page=2');

describe('the token of a page', () => {
  it('leads there, and shows nobody where that is', () => {
    const tokens = new PageTokens(randomBytes);
    const token = tokens.seal(PAGE, 'one');
    expect(tokens.open(token, 'one')).toEqual(PAGE);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('service');
    expect(tokens.seal(PAGE, 'one')).not.toBe(token);
  });

  it('is good for one answer, in one process, and as it is', () => {
    const tokens = new PageTokens(randomBytes);
    const token = tokens.seal(PAGE, 'one');
    expect(tokens.open(token, 'other')).toBeUndefined();
    expect(new PageTokens(randomBytes).open(token, 'one')).toBeUndefined();
    const bytes = Buffer.from(token, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(tokens.open(changed.toString('base64url'), 'one')).toBeUndefined();
      expect(tokens.open(bytes.subarray(0, at).toString('base64url'), 'one')).toBeUndefined();
    }
  });

  it.each(['', 'x', PAGE.href, '\0'])('is not %j', (token) => {
    expect(new PageTokens(randomBytes).open(token, 'one')).toBeUndefined();
  });
});
