import { parsePath, type Route, type StreamAddress } from '../protocol/address.ts';
import { streamRef, type StreamRef } from '../streams/names.ts';
import { canonicalPath, type GatewayPath } from '../triggers/gateway-path.ts';
import { apiAt, APIS, type ApiName } from './apis.ts';
import { JWKS_PATHS } from './jwks-routes.ts';
import { ownCopy } from './own-copy.ts';
import { resourceOf } from './resource.ts';

/** What a path addresses, ready to be acted on. */
export type Target =
  | StreamTarget
  /** The storage API; `messagesOf`: the messages of a managed stream of this name, right or wrong. */
  | { kind: 'storage'; messagesOf: string | undefined }
  | { kind: 'accounts' }
  | { kind: 'triggers' }
  /** What a gateway trigger may serve; undefined: no path that one can have. */
  | { kind: 'gateway'; path: GatewayPath | undefined }
  /** What describes the server. */
  | { kind: 'document' }
  | Exclude<Route, { kind: 'stream' }>;

/** A stream's address: which stream it is depends on who asks. */
export class StreamTarget {
  readonly kind = 'stream';
  /** What a scope has to cover. */
  readonly resource: string;
  readonly #address: StreamAddress;
  #latest: StreamRef | undefined;

  constructor(address: StreamAddress) {
    this.#address = address;
    this.resource = resourceOf(address);
  }

  /** The account's stream here. Naming it costs more than remembering who asked last. */
  refOf(account: string): StreamRef {
    if (this.#latest?.account !== account) this.#latest = streamRef(account, this.#address);
    return this.#latest;
  }
}

const TARGETS_MAX = 10_000;
const PATH_LENGTH_MAX = 512;

/**
 * Remembers what paths mean. Clients ask for the same ones again and again, and decoding, judging
 * and naming costs more than looking up. Full, it begins anew: no bookkeeping for what is cheap.
 * What is refused, or long, is not worth the memory that somebody could make it take.
 */
export class Targets {
  readonly #known = new Map<string, Target>();

  find(path: string): Target {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const target = targetOf(path);
    if (isAskedForAgain(target) && path.length <= PATH_LENGTH_MAX) this.#remember(path, target);
    return target;
  }

  #remember(path: string, target: Target): void {
    if (this.#known.size >= TARGETS_MAX) this.#known.clear();
    this.#known.set(ownCopy(path), target);
  }
}

function isAskedForAgain(target: Target): boolean {
  if (target.kind === 'storage') return target.messagesOf !== undefined;
  return !NOT_KEPT.has(target.kind);
}

/** What is refused, and what names too much to be asked for again. */
const NOT_KEPT: ReadonlySet<Target['kind']> = new Set([
  'refused',
  'accounts',
  'triggers',
  'gateway',
]);

const MESSAGES = /^\/storage\/streams\/([^/]*)\/messages$/;
const DOCUMENTS: ReadonlySet<string> = new Set(['/openapi.json', '/docs', ...JWKS_PATHS]);

function targetOf(path: string): Target {
  const api = apiAt(path);
  if (api !== undefined) return targetIn(api, path);
  if (DOCUMENTS.has(path)) return { kind: 'document' };
  const route = parsePath(path);
  if (route.kind !== 'stream') return route;
  return new StreamTarget(route.address);
}

function targetIn(api: ApiName, path: string): Target {
  switch (api) {
    case 'storage': {
      const name = MESSAGES.exec(path)?.[1];
      const messagesOf = name === undefined ? undefined : decode(ownCopy(name));
      return { kind: 'storage', messagesOf };
    }
    case 'accounts':
    case 'triggers':
      return { kind: api };
    case 'gateway':
      return { kind: 'gateway', path: canonicalPath(path.slice(APIS.gateway.prefix.length - 1)) };
  }
}

/** What is wrongly encoded is no name either. */
function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
