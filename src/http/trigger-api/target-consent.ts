import type { IncomingHttpHeaders } from 'node:http';
import type { Accounts } from '../../accounts/accounts.ts';
import type { ShowsConsent } from '../../delivery/consent.ts';

/**
 * Whether a request shows a credential of the account that it wants to deliver into, beside its own:
 * one that could make the trigger there.
 */
export function consentIn(headers: IncomingHttpHeaders, accounts: Accounts): ShowsConsent {
  return async (account, name) => {
    // Where nobody has to say who they are, nobody can consent either.
    if (accounts.isOpen) return { kind: 'consent' };
    const [authorization, apiKey] = [
      textOf(headers['target-authorization']),
      textOf(headers['x-target-api-key']),
    ];
    if (authorization === undefined && apiKey === undefined) return { kind: 'nothing' };
    const presented = { authorization, apiKey, accessToken: undefined };
    const identified = await accounts.judge(presented, 'trigger:write', name);
    if (!identified.ok) return { kind: 'refused', refusal: identified.refusal };
    return { kind: identified.caller.account === account ? 'consent' : 'nothing' };
  };
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
