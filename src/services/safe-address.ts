import { must } from '../lib/assert.ts';
import {
  isInRange,
  parseAddressRange,
  parseIpAddress,
  type AddressRange,
  type IpAddress,
} from './ip-address.ts';

/** What an address is for. Only `public` ones are anybody's to call. */
export type AddressKind =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'benchmarking'
  | 'metadata'
  | 'documentation'
  | 'multicast'
  | 'reserved';

export interface AddressRules {
  /** Networks of one's own: this machine, private, shared, link-local and benchmarking ranges. */
  readonly allowPrivate: boolean;
  /** Allowed whatever they are for. */
  readonly allowed: readonly AddressRange[];
}

/** The address stands for the IPv4 address that begins `shift` bits before its end. */
interface Embedding {
  readonly range: AddressRange;
  readonly shift: bigint;
}

// The registries of special-purpose addresses (RFC 6890) and what cloud providers answer on. The
// first row that holds an address says its kind; in none of them, it is public.
const KINDS: readonly (readonly [range: string, kind: AddressKind])[] = [
  // Credentials of the machine are handed out here to whoever asks from it.
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['169.254.170.23', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['fd00:ec2::23', 'metadata'],
  ['fd20:ce::254', 'metadata'],
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'documentation'],
  // Relays of 6to4, given up.
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  // NAT64 under a prefix of one's own: where it leads is a matter of that network.
  ['64:ff9b:1::/48', 'private'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link-local'],
  // Site-local, given up.
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
  // Protocols' own: Teredo, benchmarking, identifiers that are no places.
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'documentation'],
  ['3fff::/20', 'documentation'],
  ['3ffe::/16', 'reserved'],
  // Only 2000::/3 has been given out for addresses of the world.
  ['::/3', 'reserved'],
  ['4000::/2', 'reserved'],
  ['8000::/1', 'reserved'],
];

const EMBEDDINGS: readonly (readonly [range: string, shift: bigint])[] = [
  // IPv4-mapped, IPv4-translated, NAT64, 6to4, and the IPv4-compatible ones of old.
  ['::ffff:0:0/96', 0n],
  ['::ffff:0:0:0/96', 0n],
  ['64:ff9b::/96', 0n],
  ['2002::/16', 80n],
  ['::/96', 0n],
];

const OWN_NETWORKS: ReadonlySet<AddressKind> = new Set([
  'loopback',
  'private',
  'shared',
  'link-local',
  'benchmarking',
]);

const kinds = KINDS.map(([text, kind]) => ({ range: range(text), kind }));
const embeddings: readonly Embedding[] = EMBEDDINGS.map(([text, shift]) => ({
  range: range(text),
  shift,
}));
const UNSPECIFIED_AND_LOOPBACK_V6 = range('::/127');

function range(text: string): AddressRange {
  return must(parseAddressRange(text), `${text} is a range`);
}

/** An address that stands for an IPv4 address is what that one is. */
export function addressKind(address: IpAddress): AddressKind {
  const meant = embeddedIn(address) ?? address;
  return kinds.find((each) => isInRange(meant, each.range))?.kind ?? 'public';
}

/** Whether a connection may be made to it. What is no address is not allowed. */
export function isAllowedAddress(text: string, rules: AddressRules): boolean {
  const address = parseIpAddress(text);
  if (address === undefined) return false;
  const meant = embeddedIn(address) ?? address;
  if (rules.allowed.some((each) => isInRange(address, each) || isInRange(meant, each))) return true;
  const kind = addressKind(address);
  return kind === 'public' || (rules.allowPrivate && OWN_NETWORKS.has(kind));
}

/** What lets such an address be called; undefined: nothing does. */
export function flagAllowing(text: string): string | undefined {
  const address = parseIpAddress(text);
  if (address === undefined) return undefined;
  const kind = addressKind(address);
  if (kind === 'loopback') return '--services-allow-loopback';
  return OWN_NETWORKS.has(kind) ? '--services-allow-private' : undefined;
}

function embeddedIn(address: IpAddress): IpAddress | undefined {
  if (isInRange(address, UNSPECIFIED_AND_LOOPBACK_V6)) return undefined;
  const embedding = embeddings.find((each) => isInRange(address, each.range));
  if (embedding === undefined) return undefined;
  return { bits: 32, value: (address.value >> embedding.shift) & 0xffffffffn };
}
