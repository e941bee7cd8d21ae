// Part of log names, where zero bytes separate: an account's id must not hold one.
const ACCOUNT_ID = /^[A-Za-z0-9][A-Za-z0-9_.@:|-]{0,63}$/;

export const ACCOUNT_ID_RULE =
  'must be 1 to 64 of A-Z, a-z, 0-9, "_", ".", "@", ":", "|" and "-", the first a letter or digit';

export function isAccountId(text: string): boolean {
  return ACCOUNT_ID.test(text);
}
