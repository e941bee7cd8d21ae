import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { faultOf } from './described-answers.ts';

/**
 * Holds against the document what the tests of the describe block it is called in fetch, whoever
 * does it for them. Of an answer that is no refusal the body is left alone, for it may have no end.
 */
export function holdFetchedAnswers(origin: () => string): void {
  const fetched = globalThis.fetch;
  const faults: string[] = [];

  async function judge(method: string, url: URL, response: Response): Promise<void> {
    const { status } = response;
    const body = status < 400 ? undefined : Buffer.from(await response.clone().arrayBuffer());
    const target = url.pathname + url.search;
    const fault = faultOf({ method, target, status, headers: new Map(response.headers), body });
    if (fault !== undefined) faults.push(`${method} ${target} ${status}: ${fault}`);
  }

  beforeAll(() => {
    globalThis.fetch = async (input, init) => {
      const response = await fetched(input, init);
      const isRequest = input instanceof Request;
      const url = new URL(isRequest ? input.url : input);
      const method = init?.method ?? (isRequest ? input.method : 'GET');
      if (url.origin === origin()) await judge(method, url, response);
      return response;
    };
  });
  afterEach(() => {
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(() => {
    globalThis.fetch = fetched;
  });
}
