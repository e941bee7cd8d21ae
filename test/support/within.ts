import { runInNewContext } from 'node:vm';

/**
 * What `run` returns, or an error when it is still computing after that time. A generous bound on
 * what must not take forever, where a test's own timeout could not interrupt it.
 */
export function within(timeoutMs: number, run: () => boolean): boolean {
  const answer: unknown = runInNewContext('run()', { run }, { timeout: timeoutMs });
  return answer === true;
}
