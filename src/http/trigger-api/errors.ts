import { unreachable } from '../../lib/assert.ts';
import type { GatewayCreated } from '../../delivery/gateway-service.ts';
import type { Changed, Created } from '../../delivery/trigger-outcomes.ts';
import type { Misfit } from '../../triggers/field-reader.ts';
import { errorOf } from '../caller.ts';
import { apiError, invalid, type ApiError } from '../json/api-error.ts';
import { toApiError } from '../storage-api/refusal.ts';

/** Why a trigger was not made. */
export function errorOfCreated(created: Exclude<Created, { kind: 'created' }>): ApiError {
  switch (created.kind) {
    case 'unfit':
      return invalid(reasonOf(created.misfit));
    case 'name-in-use':
      return NAME_IN_USE;
    case 'cycle':
      return invalid(
        `target.subject leads back to the source, through: ${created.names.join(', ')}`,
      );
    case 'no-consent':
      return apiError(
        401,
        'unauthorized',
        `The account ${created.account} has not consented to be delivered to`,
      );
    case 'not-shown': {
      const error = errorOf(created.refusal);
      return { ...error, message: `What is shown of the target's account: ${error.message}` };
    }
    case 'too-many':
      return tooMany(created.triggersMax);
    case 'refused':
      return toApiError(created.refusal);
    default:
      return unreachable(created);
  }
}

/** Why a gateway trigger was not made. */
export function errorOfGatewayCreated(
  created: Exclude<GatewayCreated, { kind: 'created' }>,
): ApiError {
  switch (created.kind) {
    case 'unfit':
      return invalid(reasonOf(created.misfit));
    case 'name-in-use':
      return NAME_IN_USE;
    case 'path-in-use':
      return invalid('gateway_mapping.path is in use with this method; choose another one');
    case 'too-many':
      return tooMany(created.triggersMax);
    case 'refused':
      return toApiError(created.refusal);
    default:
      return unreachable(created);
  }
}

export function errorOfChanged(changed: Exclude<Changed, { kind: 'done' }>): ApiError {
  return changed.kind === 'absent' ? NO_TRIGGER : toApiError(changed.refusal);
}

export const NO_TRIGGER = apiError(404, 'not_found', 'There is no trigger of this name');

const NAME_IN_USE = invalid(
  'name is in use; delete the trigger that has it, or choose another one',
);

function tooMany(triggersMax: number): ApiError {
  return invalid(`An account has at most ${triggersMax} triggers; delete some`);
}

/** The first is the contract page's own wording ("BadRequest"). */
function reasonOf(misfit: Misfit): string {
  if (misfit.kind === 'missing') {
    return `Missing required field '${misfit.field}' in trigger definition`;
  }
  const { field, reason } = misfit;
  return `${field === '' ? 'The trigger definition' : field} ${reason}`;
}
