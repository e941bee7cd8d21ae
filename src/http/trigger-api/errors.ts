import { unreachable } from '../../lib/assert.ts';
import type { GatewayCreated } from '../../delivery/gateway-service.ts';
import type { Changed, Created } from '../../delivery/trigger-outcomes.ts';
import type { Misfit } from '../../triggers/field-reader.ts';
import { errorOf } from '../caller.ts';
import { apiError, invalid, type ApiError } from '../json/api-error.ts';
import { toApiError } from '../storage-api/refusal.ts';

type NotCreated = Exclude<Created | GatewayCreated, { kind: 'created' }>;

/** Why a trigger, of whatever type, was not made. */
export function errorOfCreated(created: NotCreated): ApiError {
  switch (created.kind) {
    case 'unfit':
      return errorOfMisfit(created.misfit, 'trigger definition');
    case 'name-in-use':
      return invalid('name is in use; delete the trigger that has it, or choose another one');
    case 'path-in-use':
      return invalid('gateway_mapping.path is in use with this method; choose another one');
    case 'cycle':
      return invalid(
        `target.subject leads back to the source, through: ${created.names.join(', ')}`,
      );
    case 'no-consent':
      return apiError(
        401,
        'unauthorized',
        `The account ${created.account} has not consented to be delivered to; it may make an import (POST /accounts/import), or its credential be sent as X-Target-Api-Key or Target-Authorization`,
      );
    case 'not-shown': {
      const error = errorOf(created.refusal);
      return { ...error, message: `What is shown of the target's account: ${error.message}` };
    }
    case 'too-many':
      return invalid(`An account has at most ${created.triggersMax} triggers; delete some`);
    case 'refused':
      return toApiError(created.refusal);
    default:
      return unreachable(created);
  }
}

export function errorOfChanged(changed: Exclude<Changed, { kind: 'done' }>): ApiError {
  return changed.kind === 'absent' ? NO_TRIGGER : toApiError(changed.refusal);
}

export const NO_TRIGGER = apiError(
  404,
  'not_found',
  'There is no trigger of this type (stream or gateway) and name',
);

/**
 * What is wrong with what was sent, be it a trigger or a service. The first is the contract page's
 * own wording ("BadRequest").
 */
export function errorOfMisfit(misfit: Misfit, what: string): ApiError {
  const { field } = misfit;
  if (misfit.kind === 'missing') return invalid(`Missing required field '${field}' in ${what}`);
  const { reason } = misfit;
  return invalid(`${field === '' ? `The ${what}` : field} ${reason}`);
}
