import { ConnectionEnded } from '../../support/raw-http.ts';

const BROKEN = new Set<unknown>(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** The connection ended before the answer did: nobody knows what became of the request. */
export function isBroken(error: unknown): boolean {
  if (error instanceof ConnectionEnded) return true;
  return error instanceof Error && 'code' in error && BROKEN.has(error.code);
}
