/** An IP address as the number that it is. A scoped one (`fe80::1%eth0`) is none here. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** All addresses that begin with the same `prefix` bits as `first`. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly prefix: number;
}

/** Of a text as DNS and URLs write addresses; undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const isV6 = text.includes(':');
  const value = isV6 ? parseV6(text) : parseV4(text);
  return value === undefined ? undefined : { bits: isV6 ? 128 : 32, value };
}

/** CIDR notation, or one address alone. Bits behind the prefix must be zero: they would mislead. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  const first = parseIpAddress(slash === -1 ? text : text.slice(0, slash));
  if (first === undefined) return undefined;
  if (slash === -1) return { first, prefix: first.bits };
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const prefix = Number(digits);
  if (prefix > first.bits) return undefined;
  const hostBits = BigInt(first.bits - prefix);
  return (first.value >> hostBits) << hostBits === first.value ? { first, prefix } : undefined;
}

export function isInRange({ bits, value }: IpAddress, { first, prefix }: AddressRange): boolean {
  const hostBits = BigInt(first.bits - prefix);
  return bits === first.bits && value >> hostBits === first.value >> hostBits;
}

// No leading zeros: some readers take them for octal.
const OCTET = /^(?:0|[1-9]\d{0,2})$/;

function parseV4(text: string): bigint | undefined {
  const octets = text.split('.', 5);
  if (octets.length !== 4) return undefined;
  let value = 0n;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    value = (value << 8n) | BigInt(octet);
  }
  return value;
}

const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const GROUPS = 8;

function parseV6(text: string): bigint | undefined {
  const groups = withoutDottedTail(text);
  const halves = groups?.split('::', 3) ?? [];
  const [head, rest] = halves.map((half) => (half === '' ? [] : half.split(':', GROUPS + 1)));
  if (head === undefined || halves.length > 2) return undefined;
  const missing = GROUPS - head.length - (rest?.length ?? 0);
  // The two colons stand for at least one group of zeros.
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill('0'), ...(rest ?? [])]) {
    if (!GROUP.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

/** The last two groups may be written as an IPv4 address. */
function withoutDottedTail(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const tailAt = text.lastIndexOf(':') + 1;
  const tail = parseV4(text.slice(tailAt));
  if (tail === undefined) return undefined;
  return `${text.slice(0, tailAt)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
}
