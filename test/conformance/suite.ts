import { runConformanceTests } from '@durable-streams/server-conformance-tests';
import { afterAll, beforeAll, describe } from 'vitest';
import type { MillraceOptions } from '../../src/index.ts';
import { holdFetchedAnswers } from '../support/http/described-fetch.ts';
import { startMillrace, type RunningMillrace } from '../support/millrace.ts';

const LONG_POLL_TIMEOUT_MS = 2000;

/** The protocol's own suite against a server of ours. */
export function conformance(name: string, options: MillraceOptions): void {
  describe(name, () => {
    // The suite reads the address when a test runs, after the server has got its port.
    const target = { baseUrl: '', longPollTimeoutMs: LONG_POLL_TIMEOUT_MS };
    let server: RunningMillrace | undefined;

    beforeAll(async () => {
      server = await startMillrace({ longPollTimeoutMs: LONG_POLL_TIMEOUT_MS, ...options });
      target.baseUrl = server.url;
    });

    afterAll(async () => {
      await server?.close();
    });

    holdFetchedAnswers(() => target.baseUrl);
    runConformanceTests(target);
  });
}
