import { describe, expect, test } from 'vitest';
import {
  API_NAMES,
  apiAt,
  APIS,
  errorFormAt,
  type ApiName,
  type ErrorForm,
} from '../../src/http/apis.ts';
import { RESERVED_BUCKETS } from '../../src/protocol/address.ts';
import { serve } from '../support/http/engines.ts';
import { at, entriesOf } from '../support/members.ts';

/** What an API asks for at one of its routes, as `action resource`, by what the path names there. */
interface Asking {
  readonly route: string;
  readonly path: Readonly<Record<string, string>>;
  readonly reading: string;
  readonly writing: string;
}

const ASKING: Readonly<Record<ApiName, readonly Asking[]>> = {
  storage: [
    {
      route: '/storage/streams/:name',
      path: { name: 'orders' },
      reading: 'storage:read orders',
      writing: 'storage:write orders',
    },
    {
      route: '/storage/streams',
      path: {},
      reading: 'storage:read ',
      writing: 'storage:write ',
    },
  ],
  accounts: [
    ...['api-key', 'api-keys'].map((route) => accountAsking(route, 'api-keys')),
    accountAsking('export', 'exports'),
    accountAsking('import', 'imports'),
    {
      route: '/accounts/export/advertised',
      path: {},
      reading: 'trigger:read ',
      writing: 'trigger:read ',
    },
  ],
  triggers: [
    {
      route: '/trigger/triggers/:trigger_type/:topic',
      path: { trigger_type: 'stream', topic: 'copy' },
      reading: 'trigger:read copy',
      writing: 'trigger:write copy',
    },
    {
      route: '/trigger/services/:subject',
      path: { subject: 'a.b' },
      reading: 'trigger:read a.b',
      writing: 'trigger:write a.b',
    },
    {
      route: '/trigger/stream',
      path: {},
      reading: 'trigger:read ',
      writing: 'trigger:write ',
    },
  ],
  // A gateway trigger says who may use it.
  gateway: [],
};

function accountAsking(route: string, resource: string): Asking {
  const asked = `accounts:admin ${resource}`;
  return { route: `/accounts/${route}`, path: {}, reading: asked, writing: asked };
}

const MEMBERS: Readonly<Record<ErrorForm, readonly string[]>> = {
  code: ['error', 'message'],
  kind: ['error', 'status_code'],
};

describe.each(API_NAMES)('the API of %s', (name) => {
  const { prefix, errorForm, asked } = APIS[name];
  const server = serve('memory');

  test('is told by the first segment of a path, whole and as it is written', () => {
    for (const path of [prefix, `${prefix}x`, `${prefix}x/y`, `${prefix}?q=/`]) {
      expect(apiAt(path)).toBe(name);
    }
    const others = [prefix.slice(0, -1), `/x${prefix}`, `/${prefix}`, prefix.slice(1)];
    for (const path of [...others, prefix.toUpperCase(), `${prefix.slice(0, -1)}?/`]) {
      expect(apiAt(path), path).toBeUndefined();
      expect(errorFormAt(path)).toBe('code');
    }
  });

  test('takes the place of no bucket', () => {
    expect(RESERVED_BUCKETS).toContain(prefix.slice(1, -1));
  });

  test('refuses in its form, and says so in the document', async () => {
    const { status, json } = await server.get(`${prefix}no/such`);
    expect(status).toBe(404);
    expect(namesIn(json)).toEqual(MEMBERS[errorForm]);
    const document = (await server.get('/openapi.json')).json;
    expect(errorsIn(document, prefix)).toEqual(new Set([MEMBERS[errorForm].join()]));
  });

  test('asks for a scope of its own at each route', () => {
    expect(asked === undefined).toBe(ASKING[name].length === 0);
    for (const { route, path, reading, writing } of ASKING[name]) {
      expect(apiAt(route)).toBe(name);
      const named = (...parameters: readonly string[]): string =>
        parameters.map((parameter) => path[parameter]).find((each) => each !== undefined) ?? '';
      const asking = [true, false].map((isRead) => asked?.({ isRead, route, named }));
      expect(asking.map((each) => each && `${each.action} ${each.resource}`)).toEqual([
        reading,
        writing,
      ]);
    }
  });
});

/** What an API's document has errors consist of. */
function errorsIn(document: unknown, prefix: string): ReadonlySet<string> {
  const operations = entriesOf(at(document, 'paths'))
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([, methods]) => entriesOf(methods));
  const refusals = operations
    .flatMap(([, operation]) => entriesOf(at(operation, 'responses')))
    .filter(([status]) => /^[45]/.test(status));
  const errors = refusals.map(([, told]) => {
    const schema = at(resolved(document, told), 'content', 'application/json', 'schema');
    // At a gateway it may also be whatever a service answers.
    const error = resolved(document, at(schema, 'anyOf', '0') ?? schema);
    return namesIn(at(error, 'properties')).join();
  });
  return new Set(errors);
}

function namesIn(value: unknown): string[] {
  return entriesOf(value).map(([name]) => name);
}

function resolved(document: unknown, value: unknown): unknown {
  const reference = at(value, '$ref');
  return typeof reference === 'string' ? at(document, ...reference.slice(2).split('/')) : value;
}
