import { describe, expect, it } from 'vitest';
import { ACTIONS, allows, DEFAULT_SCOPE, parseScopes } from '../../src/accounts/scopes.ts';

describe('a scope', () => {
  it('allows its own action on everything, and no other action', () => {
    for (const granted of ACTIONS) {
      for (const asked of ACTIONS) {
        expect([granted, asked, allows(parseScopes(granted), asked, 'demo/x')]).toEqual([
          granted,
          asked,
          granted === asked,
        ]);
      }
    }
  });

  it('adds up with others', () => {
    const scopes = parseScopes('streams:read  storage:write');
    expect(allows(scopes, 'streams:read', 'demo/x')).toBe(true);
    expect(allows(scopes, 'storage:write', 'ORDERS')).toBe(true);
    expect(allows(scopes, 'streams:write', 'demo/x')).toBe(false);
    expect(scopes.unknown).toEqual([]);
  });

  it('that says nothing allows nothing', () => {
    for (const action of ACTIONS) expect(allows(parseScopes(''), action, 'demo/x')).toBe(false);
  });

  it('left out allows all but to manage the account', () => {
    const scopes = parseScopes(DEFAULT_SCOPE);
    const allowed = ACTIONS.filter((action) => allows(scopes, action, 'demo/x'));
    expect(allowed).toEqual(ACTIONS.filter((action) => action !== 'accounts:admin'));
  });

  it.each([
    'openid',
    'streams',
    'streams:',
    'streams:read:',
    'streams:reader',
    'STREAMS:READ',
    'streams:delete',
    'streams:read:%zz',
    'streams:read:a**b',
    'streams:read:**/x',
    `streams:read:${'x'.repeat(1025)}`,
  ])('does not know %s, which grants nothing', (word) => {
    const scopes = parseScopes(word);
    expect(scopes.unknown).toEqual([word]);
    for (const action of ACTIONS) expect(allows(scopes, action, 'demo/x')).toBe(false);
  });
});

describe('a narrowed scope', () => {
  const table: readonly (readonly [pattern: string, resource: string, expected: boolean])[] = [
    ['demo/chat', 'demo/chat', true],
    ['demo/chat', 'demo/chat2', false],
    ['demo/chat', 'demo/cha', false],
    ['demo/chat', 'other/chat', false],
    ['demo/chat', 'chat', false],
    ['demo/chat-*', 'demo/chat-', true],
    ['demo/chat-*', 'demo/chat-7', true],
    ['demo/chat-*', 'demo/chat', false],
    ['demo/chat-*', 'demo/chat-7/x', false],
    ['demo/*', 'demo/', true],
    ['demo/*', 'demo/x', true],
    ['demo/*', 'demo', false],
    ['demo/*', 'demo/x/y', false],
    ['*/x', 'demo/x', true],
    ['*/x', 'a/b/x', false],
    ['*', 'ORDERS', true],
    ['*', 'demo/x', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'acb', false],
    ['a*a', 'a', false],
    ['a*ab*b', 'aab', false],
    ['users/7/**', 'users/7/x', true],
    ['users/7/**', 'users/7/x/y/z', true],
    ['users/7/**', 'users/7/', true],
    ['users/7/**', 'users/7', false],
    ['users/7/**', 'users/77/x', false],
    ['users/*/log', 'users/7/log', true],
    ['users/*/log', 'users/7/8/log', false],
    ['**', 'anything/at/all', true],
    ['a%20b/%2A', 'a b/*', true],
    ['a%20b/%2A', 'a b/x', false],
    ['a%2Fb', 'a/b', false],
    ['with:colon', 'with:colon', true],
    ['a.c', 'abc', false],
  ];

  it.each(table)('%s and %s: %s', (pattern, resource, expected) => {
    expect(allows(parseScopes(`streams:read:${pattern}`), 'streams:read', resource)).toBe(expected);
  });

  it('narrows its own action alone', () => {
    const scopes = parseScopes('streams:read:demo/x streams:write:demo/y');
    expect(allows(scopes, 'streams:read', 'demo/y')).toBe(false);
    expect(allows(scopes, 'streams:write', 'demo/x')).toBe(false);
    expect(allows(scopes, 'streams:write', 'demo/y')).toBe(true);
  });

  it('of many stars takes no time to speak of', () => {
    const scopes = parseScopes(`streams:read:${'a*'.repeat(400)}b`);
    expect(allows(scopes, 'streams:read', 'a'.repeat(1024))).toBe(false);
  });
});
