import { patternCovers, type SubjectPattern } from '../subjects/subject.ts';
import { DURABLE_TOKEN, parseAddress, type Endpoint } from './address.ts';
import type { ExportType, TriggerName, TriggerSource, TriggerTarget } from './trigger.ts';

/** Streams or services on these subjects. */
export interface Reach {
  readonly type: ExportType;
  readonly pattern: SubjectPattern;
}

/** Which way a grant lets records go: out of its account, or into it. */
export const GRANT_SIDES = ['export', 'import'] as const;
export type GrantSide = (typeof GRANT_SIDES)[number];

interface GrantTerms {
  /** Names it among the grants of its side and account. A trigger's own has the trigger's id. */
  readonly id: string;
  /** Whose it is. */
  readonly account: string;
  readonly createdAtMs: number;
  /** Which trigger has made it and is let through by it. Undefined: it stands by itself. */
  readonly trigger: TriggerName | undefined;
  /** As it was given. */
  readonly subject: string;
  readonly reach: Reach;
}

/** What an account lets go out. */
export interface Export extends GrantTerms {
  readonly side: 'export';
  /** To whom. Undefined: to everybody. */
  readonly accounts: readonly string[] | undefined;
  readonly details: ExportDetails;
}

/** What an account lets come in. */
export interface Import extends GrantTerms {
  readonly side: 'import';
  /** Whose triggers may deliver. */
  readonly from: string;
  readonly details: ImportDetails;
}

export type Grant = Export | Import;

export type ExportDetails = Pick<
  TriggerSource,
  'name' | 'description' | 'info_url' | 'advertise' | 'allow_trace' | 'response_type'
>;

export type ImportDetails = Pick<
  TriggerTarget,
  'name' | 'local_subject' | 'share' | 'allow_trace'
> &
  Pick<TriggerSource, 'description'>;

/** What a trigger makes flow, as far as grants are concerned. */
export interface GrantedFlow {
  readonly from: { readonly account: string; readonly reach: Reach };
  readonly to: { readonly account: string; readonly reach: Reach };
}

export function reachOf({ kind, pattern }: Endpoint): Reach {
  return { type: kind === 'service' ? 'service' : 'stream', pattern };
}

/** Undefined for what is no subject of this type. */
export function parseReach(type: ExportType, subject: string): Reach | undefined {
  const address = parseAddress(subject);
  if (address === undefined) return undefined;
  if (type === 'service' && address.kind !== 'managed') return undefined;
  return { type, pattern: address.pattern };
}

/**
 * Whether all of a part is in the whole. As in every subject of a trigger, wildcards in the place of
 * `$DS` speak of managed streams alone.
 */
export function reaches(whole: Reach, part: Reach): boolean {
  return (
    whole.type === part.type &&
    isDurable(whole) === isDurable(part) &&
    patternCovers(whole.pattern, part.pattern)
  );
}

function isDurable({ pattern }: Reach): boolean {
  return pattern.startsWith(`${DURABLE_TOKEN}.`);
}

/** Whether a grant may let other triggers through than the one that has made it. */
export function isForOthers(grant: Grant): boolean {
  if (grant.trigger === undefined) return true;
  // What comes in by a trigger of another account is not that account's to share.
  return grant.side === 'import' && grant.details.share === true && grant.from === grant.account;
}

/** Whether an export that is for others lets this out. */
export function letsOut({ accounts, reach }: Export, { from, to }: GrantedFlow): boolean {
  return (accounts?.includes(to.account) ?? true) && reaches(reach, from.reach);
}

/** Whether an import that is for others lets this in; one that is shared does so for everybody. */
export function letsIn({ trigger, from, reach }: Import, flow: GrantedFlow): boolean {
  const isFor = trigger !== undefined || from === flow.from.account;
  return isFor && reaches(reach, flow.to.reach);
}

/** Whether an account may find an export that is advertised. */
export function isShownTo(account: string, { trigger, accounts, details }: Export): boolean {
  if (details.advertise !== true) return false;
  // A trigger's is for its target alone, and shows what there is to be asked for.
  return trigger !== undefined || (accounts?.includes(account) ?? true);
}
