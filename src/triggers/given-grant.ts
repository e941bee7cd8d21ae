import type { Complaint } from '../messages/complaint.ts';
import { ACCOUNT_ID_RULE, isAccountId } from '../protocol/account.ts';
import { PATTERN_RULE } from '../subjects/subject.ts';
import { FieldReader, MisfitFound } from './field-reader.ts';
import { parseReach, type ExportDetails, type ImportDetails, type Reach } from './grant.ts';
import { INFO_URL_RULE, isInfoUrl, NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from './sides.ts';
import type { ExportType } from './trigger.ts';

/** A standing grant as it was asked for; its form has been looked at. */
export type GivenGrant = GivenExport | GivenImport;

interface GivenExport {
  readonly side: 'export';
  readonly type: ExportType;
  readonly subject: string;
  readonly accounts: readonly string[] | undefined;
  readonly details: ExportDetails;
}

interface GivenImport {
  readonly side: 'import';
  readonly type: ExportType;
  readonly subject: string;
  readonly from: string;
  readonly details: ImportDetails;
}

/** The same, understood. */
export type GrantTerms =
  | (Omit<GivenExport, 'type'> & { readonly reach: Reach })
  | (Omit<GivenImport, 'type'> & { readonly reach: Reach });

export type JudgedGrant =
  | { readonly ok: true; readonly terms: GrantTerms }
  | { readonly ok: false; readonly complaint: Complaint };

const SUBJECT_RULES = {
  stream: `${PATTERN_RULE}; or durable streams as $DS.<bucket>.<stream>`,
  service: 'must be the subject of services, in which * and > may stand for tokens',
} as const;

/** What a grant says, or what is wrong with it. */
export function judgeGrant(given: GivenGrant): JudgedGrant {
  const accounts = given.side === 'import' ? [given.from] : (given.accounts ?? []);
  if (!accounts.every(isAccountId)) {
    const isOne = given.side === 'import';
    return wrong(
      isOne ? 'account' : 'accounts',
      isOne ? ACCOUNT_ID_RULE : `each ${ACCOUNT_ID_RULE}`,
    );
  }
  const { type, ...terms } = given;
  const { subject } = terms;
  const reach = parseReach(type, subject);
  if (reach === undefined) return wrong('subject', SUBJECT_RULES[type]);
  const unfit = unfitText(given.details);
  if (unfit !== undefined) return { ok: false, complaint: unfit };
  const infoUrl = given.side === 'export' ? given.details.info_url : undefined;
  if (infoUrl !== undefined && !isInfoUrl(infoUrl)) return wrong('info_url', INFO_URL_RULE);
  return { ok: true, terms: { ...terms, reach } };
}

/** What is stored is read by the same rules: a grant with another text would end with the process. */
function unfitText(details: ExportDetails | ImportDetails): Complaint | undefined {
  const fields = new FieldReader(details);
  try {
    fields.text('name', NAME_LENGTH_MAX);
    for (const name of ['description', 'info_url']) fields.text(name, TEXT_LENGTH_MAX);
    return undefined;
  } catch (error) {
    if (error instanceof MisfitFound && error.misfit.kind === 'wrong') return error.misfit;
    throw error;
  }
}

function wrong(field: string, reason: string): JudgedGrant {
  return { ok: false, complaint: { field, reason } };
}
