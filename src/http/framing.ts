import type { Refusal } from '../protocol/refusal.ts';
import type { Exchange } from './exchange.ts';
import type { NodeExchange } from './node-exchange.ts';

// RFC 3986, "Host" and "Port", as loosely as RFC 9110, "Host and :authority" has it.
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\w.~!$&'()*+,;=:]*\])(?::\d*)?$/;

/**
 * What node's parser lets through although two servers could read it as two different requests:
 * RFC 9112, "Host and :authority" and "Transfer-Encoding".
 */
export function judgeFraming({ request, response, headers }: NodeExchange): Refusal | undefined {
  const { host, transferEncoding } = headers;
  if (transferEncoding !== undefined && !isFramedByChunks(request.httpVersion, transferEncoding)) {
    // Who framed it otherwise may hold its rest for another request.
    response.shouldKeepAlive = false;
    const reason = 'must be chunked, alone, and in HTTP/1.1';
    return { code: 'invalid-header', header: 'Transfer-Encoding', reason };
  }
  return host === undefined && request.httpVersion === '1.1' ? HOST_INVALID : undefined;
}

/** What is wrong with a request whoever read it: RFC 9112, "Request Target", and repeated fields. */
export function judgeHead({ path, headers }: Exchange): Refusal | undefined {
  const { host, repeated } = headers;
  if (host !== undefined && !HOST.test(host)) return HOST_INVALID;
  if (!path.startsWith('/')) return { code: 'invalid-path', reason: 'must begin with "/"' };
  if (path.includes('#')) return { code: 'invalid-path', reason: 'must not hold a fragment' };
  if (repeated === undefined) return undefined;
  return { code: 'invalid-header', header: repeated, reason: 'must be given once' };
}

const HOST_INVALID: Refusal = {
  code: 'invalid-header',
  header: 'Host',
  reason: 'must be there, and a host with an optional port',
};

function isFramedByChunks(httpVersion: string, transferEncoding: string): boolean {
  return httpVersion === '1.1' && transferEncoding.toLowerCase() === 'chunked';
}
