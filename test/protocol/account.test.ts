import { expect, it } from 'vitest';
import { isAccountId } from '../../src/protocol/account.ts';

it.each(['a', '7', 'acme', 'account_identifier', 'a.b@c:d|e-f', 'x'.repeat(64)])(
  'an account may be %s',
  (id) => {
    expect(isAccountId(id)).toBe(true);
  },
);

it.each(['', '-a', '.', 'a b', 'a\0b', 'ä', 'a/b', 'a\n', 'x'.repeat(65)])(
  'an account may not be %j',
  (id) => {
    expect(isAccountId(id)).toBe(false);
  },
);
