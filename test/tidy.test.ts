import { describe, expect, it } from 'vitest';
import { FLAGS, flagName } from '../src/config/flags.ts';
import { toProblem } from '../src/http/problem.ts';
import { errorOfRefusal } from '../src/http/json/api-error.ts';
import { NO_JSON } from '../src/http/json/json-body.ts';
import { toApiError } from '../src/http/storage-api/refusal.ts';
import { configurationTable } from './support/configuration-table.ts';
import { ADVICE } from '../src/delivery/advice.ts';
import { tableRows } from './support/markdown.ts';
import { MANAGED_REFUSALS } from './support/managed-refusals.ts';
import { REFUSALS } from './support/refusals.ts';
import { filesIn, importsOf, read } from './support/sources.ts';

const SOURCES = filesIn('src').filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));

interface Layer {
  /** A folder with its slash, or a file. The longest that fits a path is its layer. */
  readonly layer: string;
  /** What its files may import besides each other: folders and files. */
  readonly from: readonly string[];
}

const PORTS = [
  'src/storage/port.ts',
  'src/storage/message-port.ts',
  'src/storage/documents.ts',
  'src/storage/listing.ts',
] as const;
const PURE = ['src/protocol/', 'src/messages/', 'src/triggers/', 'src/subjects/', 'src/lib/'];
const RULES_AND_PORTS = [...PORTS, ...PURE];

// Imports point downwards only: docs/architecture.md.
const LAYERS: readonly Layer[] = [
  { layer: 'src/lib/', from: [] },
  { layer: 'src/protocol/', from: ['src/lib/'] },
  { layer: 'src/subjects/', from: ['src/lib/'] },
  {
    layer: 'src/messages/',
    from: [
      'src/subjects/',
      'src/lib/',
      'src/protocol/json-scan.ts',
      'src/protocol/json-string.ts',
      'src/protocol/plain-text.ts',
    ],
  },
  {
    layer: 'src/triggers/',
    // A complaint is the same everywhere.
    from: [
      'src/messages/complaint.ts',
      'src/protocol/account.ts',
      'src/protocol/content-type.ts',
      'src/protocol/date-time.ts',
      'src/protocol/json-scan.ts',
      'src/protocol/query.ts',
      'src/protocol/refusal.ts',
      'src/protocol/request.ts',
      'src/subjects/',
      'src/lib/',
    ],
  },
  ...PORTS.map((layer) => ({ layer, from: [...PORTS, ...PURE] })),
  { layer: 'src/storage/memory/', from: RULES_AND_PORTS },
  { layer: 'src/storage/embedded/', from: RULES_AND_PORTS },
  { layer: 'src/streams/', from: RULES_AND_PORTS },
  {
    layer: 'src/delivery/',
    from: ['src/streams/', 'src/managed/', 'src/services/', ...RULES_AND_PORTS],
  },
  { layer: 'src/managed/', from: RULES_AND_PORTS },
  // Its documents are committed as streams are.
  { layer: 'src/accounts/', from: ['src/streams/transact.ts', ...RULES_AND_PORTS] },
  // Its keys are committed as streams are.
  { layer: 'src/services/', from: ['src/streams/transact.ts', ...RULES_AND_PORTS] },
  {
    layer: 'src/quotas/',
    from: ['src/streams/names.ts', 'src/managed/names.ts', ...RULES_AND_PORTS],
  },
  { layer: 'src/config/', from: ['src/lib/'] },
  {
    layer: 'src/http/',
    from: [
      'src/streams/',
      'src/managed/',
      'src/delivery/',
      'src/services/',
      'src/accounts/',
      'src/config/',
      ...RULES_AND_PORTS,
    ],
  },
  { layer: 'src/cli/', from: ['src/accounts/', 'src/config/', 'src/protocol/account.ts'] },
  {
    layer: 'src/open-store.ts',
    from: ['src/quotas/', 'src/config/', 'src/http/metrics.ts', 'src/storage/'],
  },
  { layer: 'src/furnish.ts', from: ['src/accounts/caller.ts', 'src/streams/'] },
  { layer: 'src/tell-of-triggers.ts', from: ['src/delivery/'] },
  { layer: 'src/with-keys.ts', from: ['src/'] },
  { layer: 'src/millrace.ts', from: ['src/'] },
  { layer: 'src/index.ts', from: ['src/millrace.ts', 'src/config/', 'src/services/handler.ts'] },
  {
    layer: 'src/main.ts',
    from: [
      'src/millrace.ts',
      'src/with-keys.ts',
      'src/cli/',
      'src/config/',
      'src/http/',
      // It says in a user's words why a data folder or a key cannot be used.
      'src/storage/embedded/lock.ts',
      'src/accounts/token-keys.ts',
      'src/storage/embedded/recovery/damage.ts',
    ],
  },
];

/** Where each package, and each part of Node, may be imported. Any other is nowhere. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  lmdb: ['src/storage/embedded/index/lmdb.ts'],
  'fs-native-extensions': ['src/storage/embedded/lock.ts'],
  jose: ['src/accounts/'],
  commander: ['src/config/parse.ts', 'src/config/keys-command.ts'],
  pino: ['src/http/', 'src/open-store.ts', 'src/millrace.ts', 'src/with-keys.ts', 'src/main.ts'],
  'prom-client': ['src/http/'],
  fastify: [
    'src/http/json/',
    'src/http/storage-api/',
    'src/http/accounts-api/',
    'src/http/trigger-api/',
  ],
  typebox: ['src/http/'],
  'typebox/compile': ['src/http/json/validation.ts'],
  'node:http': ['src/http/', 'src/services/', 'src/millrace.ts', 'src/main.ts'],
  'node:https': ['src/services/'],
  'node:dns/promises': ['src/services/names.ts'],
  'node:net': ['src/http/', 'src/services/'],
  'node:stream': ['src/http/'],
  'node:stream/promises': ['src/http/'],
  'node:fs/promises': [
    'src/storage/embedded/node-files.ts',
    'src/storage/embedded/lock.ts',
    'src/storage/embedded/open.ts',
    'src/main.ts',
  ],
  'node:fs': ['src/main.ts'],
  'node:path': ['src/storage/embedded/', 'src/main.ts'],
  'node:os': ['src/storage/embedded/index/lmdb.ts'],
  'node:timers/promises': ['src/storage/embedded/checkpoint.ts'],
  'node:zlib': ['src/lib/crc32.ts'],
  // Comparing by value; nothing of it is I/O.
  'node:util': ['src/messages/given.ts'],
  // UTF-8 is checked by the runtime; nothing of it is I/O.
  'node:buffer': [
    'src/protocol/records.ts',
    'src/messages/publish-body.ts',
    'src/triggers/gateway-request.ts',
    'src/http/json/json-body.ts',
  ],
  // Keys of clients; what calls are signed with; what hides where pages are; the hash of a style, for the page's own policy.
  'node:crypto': [
    'src/accounts/',
    'src/services/signing-key.ts',
    'src/delivery/page-tokens.ts',
    'src/millrace.ts',
    'src/with-keys.ts',
    'src/http/openapi/routes.ts',
  ],
};

function isWithin(path: string, place: string): boolean {
  return place.endsWith('/') ? path.startsWith(place) : path === place;
}

function layerOf(path: string): Layer {
  const fitting = LAYERS.filter(({ layer }) => isWithin(path, layer));
  const [longest] = fitting.sort((one, other) => other.layer.length - one.layer.length);
  if (longest === undefined) throw new Error(`${path} belongs to no layer`);
  return longest;
}

describe('the layers', () => {
  it('hold every source file', () => {
    for (const path of SOURCES) layerOf(path);
    for (const { layer } of LAYERS) {
      expect(SOURCES.filter((path) => isWithin(path, layer))).not.toEqual([]);
    }
  });

  it('import downwards only', () => {
    const upwards = SOURCES.flatMap((path) => {
      const { layer, from } = layerOf(path);
      return importsOf(path)
        .filter((imported) => imported.startsWith('src/'))
        .filter((imported) => ![layer, ...from].some((place) => isWithin(imported, place)))
        .map((imported) => `${path} imports ${imported}`);
    });
    expect(upwards).toEqual([]);
  });

  it('import packages only where they belong', () => {
    const misplaced = SOURCES.flatMap((path) =>
      importsOf(path)
        .filter((imported) => !imported.startsWith('src/'))
        .filter((imported) => !PACKAGES[imported]?.some((place) => isWithin(path, place)))
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(misplaced).toEqual([]);
  });

  it('name every place where a package is imported, and no other', () => {
    const unused = Object.entries(PACKAGES).flatMap(([name, places]) =>
      places
        .filter((place) => {
          const importing = SOURCES.filter((path) => isWithin(path, place));
          return !importing.some((path) => importsOf(path).includes(name));
        })
        .map((place) => `${name} in ${place}`),
    );
    expect(unused).toEqual([]);
  });

  it('know an engine only where the server is put together', () => {
    const naming = SOURCES.filter((path) => !path.startsWith('src/storage/')).filter((path) =>
      // Each engine is a folder; what lies beside them is for all.
      importsOf(path).some((imported) => /^src\/storage\/[^/]+\//.test(imported)),
    );
    expect(naming).toEqual(['src/main.ts', 'src/open-store.ts']);
  });
});

describe('the rules', () => {
  it('are pure: no clock, no dice, no timers, no process', () => {
    const impure =
      /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.\w|process\.\w|setTimeout|setInterval|setImmediate|queueMicrotask|console\.\w)/;
    const files = SOURCES.filter((path) =>
      /^src\/(?:protocol|messages|triggers|subjects|services|lib)\//.test(path),
    );
    const bounded = ['bounded-body.ts', 'handler-call.ts', 'outbound.ts', 'send-hop.ts'];
    expect(files.filter((path) => impure.test(read(path)))).toEqual([
      'src/lib/clock.ts',
      // Calls to services end in time.
      ...bounded.map((file) => `src/services/${file}`),
    ]);
  });

  it('have a test each, under the name of the file', () => {
    // Types alone, and the clock of the system, leave nothing to test.
    const without = [
      'src/lib/brand.ts',
      'src/lib/clock.ts',
      'src/messages/complaint.ts',
      'src/messages/declined.ts',
      'src/protocol/refusal.ts',
    ];
    const tests = filesIn('test');
    const untested = SOURCES.filter((path) =>
      /^src\/(?:protocol|messages|triggers|subjects|lib)\//.test(path),
    ).filter((path) => !tests.includes(path.replace('src/', 'test/').replace(/ts$/, 'test.ts')));
    expect(untested).toEqual(without);
  });
});

describe('every source file', () => {
  it('is reached from what starts the server or is imported by embedders', () => {
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const imported of importsOf(path)) if (imported.startsWith('src/')) visit(imported);
    };
    visit('src/index.ts');
    visit('src/main.ts');
    const unreached = SOURCES.filter((path) => !reached.has(path));
    expect(unreached).toEqual([]);
  });

  it('draws dice only where they are handed in, and keeps no state of its own', () => {
    const drawing = SOURCES.filter((path) => read(path).includes('Math.random'));
    expect(drawing).toEqual(['src/millrace.ts', 'src/storage/embedded/open.ts']);
    expect(SOURCES.filter((path) => /^(?:export )?let /m.test(read(path)))).toEqual([]);
  });

  const LINES_MAX = 250;
  const LONGER: Readonly<Record<string, string>> = {
    'src/http/problem.ts': 'what every refusal is answered with, in one switch',
    'src/storage/embedded/engine.ts': 'every verb of the port, each a few lines',
    'src/storage/embedded/messages/embedded-messages.ts':
      'every verb of the port, each a few lines',
    'src/storage/embedded/wal/segment-writer.ts': 'a segment from spare to release',
    'src/streams/stream-service.ts': 'create, append, remove and renew beside each other',
  };

  it(`has at most ${LINES_MAX} lines, but for a few with a reason`, () => {
    const longer = SOURCES.filter((path) => read(path).split('\n').length - 1 > LINES_MAX);
    expect(longer.sort()).toEqual(Object.keys(LONGER).sort());
  });

  it('names only documents that are there', () => {
    const documents = filesIn('docs');
    const missing = SOURCES.flatMap((path) => {
      const named = read(path).match(/\bdocs\/[a-z-/]+\.md\b/g) ?? [];
      return named.filter((document) => !documents.includes(document));
    });
    expect(missing).toEqual([]);
  });
});

describe('docs/triggers.md', () => {
  it('says of each reason for standing still what its status says', () => {
    const rows = tableRows(read('docs/triggers.md'), '### Reasons');
    const told = rows.map(([reason = '', , advice = '']) => [reason, advice]);
    const plain = told.map((cells) => cells.map((cell) => cell.replaceAll('`', '')));
    expect(Object.fromEntries(plain)).toEqual(ADVICE);
  });
});

describe('docs/errors.md', () => {
  const page = read('docs/errors.md');
  const rows = tableRows(page, '# Errors');
  const storage = tableRows(page, '## The storage API');
  const early = tableRows(page, '## Before there is a request');

  it('has the status of every refusal, in the order of their codes in the source', () => {
    const expected = Object.values(REFUSALS).map((refusal) => [
      `\`${refusal.code}\``,
      String(toProblem(refusal).status),
    ]);
    expect(rows.map(([code, status]) => [code, status])).toEqual(expected);
  });

  it('has the status of everything that is refused before there is a request', () => {
    const pattern = /status: (\d{3}),\s*title: '[^']*',\s*code: '([a-z-]+)'/g;
    const expected = [...read('src/http/socket-refusal.ts').matchAll(pattern)].map(
      ([, status, code]) => [`\`${code ?? ''}\``, status],
    );
    expect(expected).not.toEqual([]);
    expect(early.map(([code, status]) => [code, status])).toEqual(expected);
  });

  it('has the status of everything that the storage API refuses with', () => {
    const errors = [
      ...MANAGED_REFUSALS.map(toApiError),
      errorOfRefusal(REFUSALS.unauthorized),
      errorOfRefusal(REFUSALS['too-many-requests']),
      NO_JSON,
      // What holds for every request, said in this API's words.
      errorOfRefusal(REFUSALS['method-not-allowed']),
      errorOfRefusal(REFUSALS['body-too-large']),
      errorOfRefusal(REFUSALS['content-encoding-unsupported']),
    ];
    const expected = new Set(errors.map(({ code, status }) => `\`${code}\` ${status}`));
    const documented = storage.map(([code, status]) => `${code ?? ''} ${status ?? ''}`);
    expect(documented.toSorted()).toEqual([...expected].toSorted());
    expect(errors.filter(({ status }) => status === 503).map(({ headers }) => headers[0])).toEqual(
      Array<string>(3).fill('Retry-After'),
    );
  });

  it('says of each when it comes and what to do', () => {
    for (const row of [...rows, ...storage, ...early]) {
      expect(row).toHaveLength(4);
      for (const cell of row) expect(cell).not.toBe('');
    }
  });

  it('names only flags that exist', () => {
    const names = FLAGS.map(({ key }) => `--${flagName(key)}`);
    for (const [named] of page.matchAll(/--[a-z][a-z-]+/g)) expect(names).toContain(named);
  });
});

describe('docs/configuration.md', () => {
  it('has the table that the flags make', async () => {
    const page = read('docs/configuration.md');
    const [before, , after] = page.split(/(?<=<!-- flags -->\n)([^]*)(?=<!-- \/flags -->)/);
    const expected = `${before ?? ''}\n${await configurationTable()}\n${after ?? ''}`;
    await expect(expected).toMatchFileSnapshot('../docs/configuration.md');
  });
});
