import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddressRange, parseIpAddress } from '../../src/services/ip-address.ts';
import {
  addressKind,
  isAllowedAddress,
  type AddressKind,
  type AddressRules,
} from '../../src/services/safe-address.ts';
import { must } from '../../src/lib/assert.ts';

const STRANGERS: AddressRules = { allowPrivate: false, allowed: [] };
const OWN: AddressRules = { allowPrivate: true, allowed: [] };

function kindOf(text: string): AddressKind {
  return addressKind(must(parseIpAddress(text), `${text} is an address`));
}

// The first and the last address of each range, and its neighbours where they are of another kind.
const TABLE: readonly (readonly [kind: AddressKind, ...addresses: string[]])[] = [
  ['unspecified', '0.0.0.0', '0.255.255.255', '::'],
  ['public', '1.0.0.0', '9.255.255.255', '11.0.0.0', '8.8.8.8'],
  ['private', '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255'],
  ['private', '192.168.0.0', '192.168.255.255', 'fc00::', 'fdff:ffff::1', 'fec0::1', 'feff::'],
  ['public', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
  ['shared', '100.64.0.0', '100.127.255.255'],
  ['public', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ['loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'],
  ['link-local', '169.254.0.0', '169.254.255.255', 'fe80::', 'fe80::1', 'febf:ffff::'],
  ['public', '169.253.255.255', '169.255.0.0', '191.255.255.255', '192.0.1.0', '192.0.3.0'],
  ['metadata', '169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200'],
  ['metadata', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'],
  ['reserved', '192.0.0.0', '192.0.0.255', '192.88.99.0', '192.88.99.255'],
  ['documentation', '192.0.2.0', '192.0.2.255', '198.51.100.0', '198.51.100.255'],
  ['documentation', '203.0.113.0', '203.0.113.255', '2001:db8::', '2001:db8:ffff::1'],
  ['documentation', '3fff::', '3fff:fff:ffff::'],
  ['benchmarking', '198.18.0.0', '198.19.255.255'],
  ['public', '198.17.255.255', '198.20.0.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
  ['multicast', '224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1', 'ffff::'],
  ['reserved', '240.0.0.0', '255.255.255.255'],
  ['reserved', '2001::', '2001:1ff:ffff::', '3ffe::1', '100::', '1fff::', '4000::', '8000::1'],
  ['reserved', 'fbff::', 'fe00::', 'fe7f::'],
  ['public', '2001:200::', '2000::', '2003::', '2606:4700::1111', '3fff:1000::', '3ffd::'],
  // What stands for an IPv4 address is what that one is.
  ['loopback', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::ffff:0:127.0.0.1'],
  ['loopback', '64:ff9b::127.0.0.1', '2002:7f00:1::', '2002:7f00:0001:1234::5'],
  ['private', '::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::', '::ffff:c0a8:0101'],
  ['private', '64:ff9b:1::', '64:ff9b:1:ffff::8.8.8.8'],
  ['metadata', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1'],
  ['unspecified', '::ffff:0.0.0.0', '64:ff9b::', '2002::', '::2'],
  ['public', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1'],
];

/** What a rule may be of: at least one address of each kind. */
const CLOSED_TO_STRANGERS: readonly AddressKind[] = [
  ...(['unspecified', 'loopback', 'private', 'shared', 'link-local'] as const),
  ...(['benchmarking', 'metadata', 'documentation', 'multicast', 'reserved'] as const),
];
const OPEN_WITH_OWN: readonly AddressKind[] = [
  ...(['public', 'loopback', 'private', 'shared', 'link-local', 'benchmarking'] as const),
];

describe('an address', () => {
  const cells = TABLE.flatMap(([kind, ...addresses]) =>
    addresses.map((address) => ({ address, kind })),
  );

  it.each(cells)('$address is $kind', ({ address, kind }) => {
    expect(kindOf(address)).toBe(kind);
    expect(isAllowedAddress(address, STRANGERS)).toBe(!CLOSED_TO_STRANGERS.includes(kind));
    expect(isAllowedAddress(address, OWN)).toBe(OPEN_WITH_OWN.includes(kind));
    const range = must(parseAddressRange(address), address);
    expect(isAllowedAddress(address, { allowPrivate: false, allowed: [range] })).toBe(true);
  });

  it('of each kind is in the table', () => {
    const kinds = new Set(cells.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set([...CLOSED_TO_STRANGERS, 'public']));
  });

  it('of IPv4 is allowed to nobody in a range that another list knows as closed', () => {
    const closed = new BlockList();
    for (const [net, prefix] of [
      ['0.0.0.0', 8],
      ['10.0.0.0', 8],
      ['100.64.0.0', 10],
      ['127.0.0.0', 8],
      ['168.63.129.16', 32],
      ['169.254.0.0', 16],
      ['172.16.0.0', 12],
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['192.88.99.0', 24],
      ['192.168.0.0', 16],
      ['198.18.0.0', 15],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['224.0.0.0', 3],
    ] as const) {
      closed.addSubnet(net, prefix);
    }
    // Half of them near the beginning of a range, where a bound would be off by one.
    const starts = TABLE.flat().flatMap((text) => parseIpAddress(text) ?? []);
    const v4 = starts.filter(({ bits }) => bits === 32).map(({ value }) => Number(value));
    const near = fc.tuple(fc.constantFrom(...v4), fc.integer({ min: -2, max: 2 }));
    const any = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      near.map(([start, by]) => (start + by + 2 ** 32) % 2 ** 32),
    );
    fc.assert(
      fc.property(any, (value) => {
        const octets = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
        const text = octets.join('.');
        const isOpen = !closed.check(text);
        expect(isAllowedAddress(text, STRANGERS)).toBe(isOpen);
        expect(isAllowedAddress(`::ffff:${text}`, STRANGERS)).toBe(isOpen);
        expect(isAllowedAddress(`64:ff9b::${text}`, STRANGERS)).toBe(isOpen);
        const groups = [value >>> 16, value & 0xffff].map((group) => group.toString(16));
        expect(isAllowedAddress(`2002:${groups.join(':')}::1`, STRANGERS)).toBe(isOpen);
      }),
      { numRuns: 3000 },
    );
  });

  it('is allowed by a range whatever stands for it', () => {
    const allowed = [must(parseAddressRange('127.0.0.0/8'), 'a range')];
    const rules = { allowPrivate: false, allowed };
    for (const text of ['127.9.9.9', '::ffff:127.0.0.1', '64:ff9b::127.0.0.1']) {
      expect(isAllowedAddress(text, rules)).toBe(true);
    }
    for (const text of ['::1', '10.0.0.1', '::ffff:10.0.0.1']) {
      expect(isAllowedAddress(text, rules)).toBe(false);
    }
  });

  it.each([
    ...['', 'localhost', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '0x7f.0.0.1', '2130706433'],
    ...['1.2.3.4 ', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1%lo', '[::1]'],
    ...['12345::', 'g::', '::1.2.3', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4', '1:2:3:4:5:6:7::8'],
  ])('is not %j, and nothing allows it', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
    expect(isAllowedAddress(text, OWN)).toBe(false);
  });
});

describe('a range of addresses', () => {
  it.each(['10.0.0.0/8', '0.0.0.0/0', '::/0', '10.1.2.3', '10.1.2.3/32', 'fd00::/8', '::1/128'])(
    'is %s',
    (text) => {
      expect(parseAddressRange(text)).toBeDefined();
    },
  );

  it.each(['10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '::/129', 'x/8', '/8', ''])(
    'is not %j',
    (text) => {
      expect(parseAddressRange(text)).toBeUndefined();
    },
  );
});
