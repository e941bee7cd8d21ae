import type { Refusal } from '../../protocol/refusal.ts';
import { errorFormAt, type ErrorForm } from '../apis.ts';
import type { Exchange } from '../exchange.ts';
import { toProblem, type RenderedRefusal } from '../problem.ts';

/** How a JSON API refuses. */
export interface ApiError {
  readonly status: number;
  /** In snake case, for programs. */
  readonly code: string;
  /** What was wrong and what to do, for people. */
  readonly message: string;
  /** A flat list of names and values. */
  readonly headers: readonly string[];
}

const NO_HEADERS: readonly string[] = [];
export const RETRY_SOON: readonly string[] = ['Retry-After', '1'];

export function apiError(
  status: number,
  code: string,
  message: string,
  headers: readonly string[] = NO_HEADERS,
): ApiError {
  return { status, code, message, headers };
}

/** A request that is not as it has to be. */
export function invalid(message: string): ApiError {
  return apiError(400, 'validation_error', message);
}

/** The same of a field of it; `field` is empty when all of it is not as it has to be. */
export function validationError(field: string, reason: string): ApiError {
  return invalid(`${field === '' ? 'The body' : field} ${reason}.`);
}

/** What is refused on the way to a JSON API, by the rules that hold for every request. */
export function errorOfRefusal(refusal: Refusal): ApiError {
  const { status, detail, headers } = toProblem(refusal);
  const code = status === 400 ? 'validation_error' : refusal.code.replaceAll('-', '_');
  return apiError(status, code, detail, headers);
}

const BODIES: Readonly<Record<ErrorForm, (error: ApiError) => string>> = {
  code: ({ code, message }) => JSON.stringify({ error: code, message }),
  // The trigger API's (contract page, "Error").
  kind: ({ status, message }) => {
    const kind = KINDS.get(status) ?? 'Error';
    return JSON.stringify({ error: `${kind}: ${message.replace(/\.$/, '')}`, status_code: status });
  },
};

const KINDS: ReadonlyMap<number, string> = new Map([
  [400, 'Invalid request'],
  [401, 'Unauthorized'],
  [404, 'Not found'],
  [405, 'Method not allowed'],
  [409, 'Conflict'],
  [413, 'Request too large'],
  [415, 'Unsupported media type'],
  [429, 'Too many requests'],
  [500, 'Internal server error'],
  [502, 'Bad gateway'],
  [503, 'Try again'],
  [504, 'Gateway timeout'],
  [507, 'No space left'],
  [508, 'Loop detected'],
]);

/** An error as the API tells it that the path is of. */
export function errorBodyAt(path: string, error: ApiError): string {
  return BODIES[errorFormAt(path)](error);
}

/** What holds for every request, refused in the form of an API. */
export function renderRefusalIn(form: ErrorForm): (refusal: Refusal) => RenderedRefusal {
  return (refusal) => rendered(form, errorOfRefusal(refusal));
}

export function refuseWith(exchange: Exchange, error: ApiError): void {
  exchange.refuseAs(rendered(errorFormAt(exchange.path), error));
}

function rendered(form: ErrorForm, error: ApiError): RenderedRefusal {
  const { status, headers } = error;
  return { status, contentType: 'application/json', headers, body: BODIES[form](error) };
}
