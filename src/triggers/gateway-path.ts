import type { Brand } from '../lib/brand.ts';

/** Where a gateway trigger is served, below `/gateway`, in the one way in which it can be written. */
export type GatewayPath = Brand<string, 'GatewayPath'>;

export const PATH_LENGTH_MAX = 1024;

// RFC 3986, "Path": segments of unreserved characters, sub-delimiters, ":", "@" and encoded bytes.
const PATH = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\da-fA-F]{2})*)+$/;
const UNRESERVED = /^[\w.~-]$/;

/**
 * The same path in the way in which every spelling of it is written: nothing is encoded that need not
 * be, and what is, in capitals. Undefined for what is no path of a gateway.
 */
export function canonicalPath(written: string): GatewayPath | undefined {
  if (written.length > PATH_LENGTH_MAX * 3 || !PATH.test(written)) return undefined;
  const path = written.replace(/%[\da-fA-F]{2}/g, (encoded) => {
    const letter = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(letter) ? letter : encoded.toUpperCase();
  });
  return isGatewayPath(path) ? path : undefined;
}

/** Clients and proxies leave out dots as segments, and some of them join empty ones. */
function isGatewayPath(path: string): path is GatewayPath {
  return path.length <= PATH_LENGTH_MAX && !/\/(?:\.{0,2}\/|\.{1,2}$)/.test(path);
}
