import type { Export, Grant, Import } from '../../triggers/grant.ts';

/** A grant as the account that it is of sees it. */
export function grantBody(grant: Grant): object {
  const { id, subject, reach, trigger, createdAtMs } = grant;
  return {
    id,
    subject,
    type: reach.type,
    ...parties(grant),
    ...(trigger === undefined ? {} : { trigger }),
    ...grant.details,
    created: new Date(createdAtMs).toISOString(),
  };
}

function parties(grant: Export | Import): object {
  if (grant.side === 'import') return { account: grant.from };
  return grant.accounts === undefined ? {} : { accounts: grant.accounts };
}

/** An export as others see it that may discover it. */
export function advertisedBody({ account, subject, reach, details }: Export): object {
  const { name, description, info_url, response_type } = details;
  return { account, subject, type: reach.type, name, description, info_url, response_type };
}
