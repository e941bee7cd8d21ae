import type { LookupFunction } from 'node:net';
import { isAllowedAddress, type AddressRules } from './safe-address.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** What a name leads to. Rejects, with a code as `node:dns` has them, when it leads nowhere. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The name leads only where no connection may be made. */
export class AddressRefused extends Error {
  override name = 'AddressRefused';
  readonly address: string;

  constructor(address: string) {
    super('no connection may be made to this address');
    this.address = address;
  }
}

class NameUnknown extends Error {
  override name = 'NameUnknown';
  readonly code = 'ENOTFOUND';
}

/**
 * Looks names up for the sockets themselves, so the addresses that are judged are those that are
 * connected to: a name that leads elsewhere a moment later is judged anew.
 */
export function checkedLookup(resolve: Resolve, rules: AddressRules): LookupFunction {
  return (hostname, options, callback) => {
    const answer = (found: readonly ResolvedAddress[]): void => {
      const allowed = found.filter(({ address }) => isAllowedAddress(address, rules));
      const [first] = allowed;
      if (first === undefined) {
        const [refused] = found;
        callback(
          refused === undefined ? new NameUnknown() : new AddressRefused(refused.address),
          [],
        );
      } else if (options.all === true) callback(null, [...allowed]);
      else callback(null, first.address, first.family);
    };
    resolve(hostname).then(answer, (error: unknown) => {
      callback(error instanceof Error ? error : new NameUnknown(), []);
    });
  };
}
