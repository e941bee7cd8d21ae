import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Answer } from '../../support/http/client.ts';
import { onStorageEngines, type StorageApiClient } from '../../support/http/storage-api.ts';
import { anySpoiling, SchemaArbitraries } from '../../support/json-schema-arbitrary.ts';
import { at, entriesOf } from '../../support/openapi-checker.ts';

const RUNS = 500;
const SEED = 20_301;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether parameters, headers and body were made to keep to the document. */
  readonly isValid: boolean;
  readonly template: string;
}

const NAMES = ['one', 'two', 'three'];

/** What means something to streams that are there, so that requests meet. */
function special(name: string): readonly unknown[] {
  switch (name) {
    case 'name':
    case 'stream':
      return NAMES;
    case 'subject':
    case 'search':
    case 'filter_subject':
      return ['one', 'two', 'one.a', 'two.b.c', 'two.>', 'one.*', '>'];
    case 'subjects':
      return [['one.>'], ['two', 'two.>'], ['three.*'], []];
    case 'Msg-Id':
      return ['first', 'second'];
    default:
      return [];
  }
}

/** Any request of an operation, as the document has it or with something wrong. */
function anyAsked(document: unknown, path: string, method: string): fc.Arbitrary<Asked> {
  const schemas = new SchemaArbitraries(document);
  const operation = at(document, 'paths', path, method);
  const given = entriesOf(at(operation, 'parameters')).map(([, each]) => schemas.resolve(each));
  const parameters = fc.tuple(
    ...given.map((parameter) => {
      const name = String(at(parameter, 'name'));
      const valid = schemas.valid(at(parameter, 'schema'), special, name);
      const isRequired = at(parameter, 'required') === true;
      return fc.record({
        name: fc.constant(name),
        place: fc.constant(String(at(parameter, 'in'))),
        value: isRequired ? valid : fc.option(valid, { nil: undefined }),
      });
    }),
  );
  const schema = at(operation, 'requestBody', 'content', 'application/json', 'schema');
  const isBodyNeeded = at(operation, 'requestBody', 'required') === true;
  const validBody = schema === undefined ? fc.constant(undefined) : schemas.valid(schema, special);
  const body = isBodyNeeded ? validBody : fc.option(validBody, { nil: undefined });
  const spoiling = fc.option(anySpoiling, { nil: undefined });
  return fc
    .tuple(parameters, body, fc.option(spoiling), fc.nat(2))
    .map(([values, wanted, spoil, part]): Asked => {
      const isSpoiled = spoil !== null && spoil !== undefined;
      const change = (value: unknown): unknown => (isSpoiled ? spoil(value) : value);
      const inBody = isSpoiled && (part > 0 || values.length === 0);
      const sent = inBody ? change(wanted) : wanted;
      const all = values.map((each, index) =>
        isSpoiled && !inBody && index === part % values.length
          ? { ...each, value: change(each.value) }
          : each,
      );
      const texts = (place: string): [string, string][] =>
        all
          .filter((each) => each.place === place && each.value !== undefined)
          .map(({ name, value }) => [name, asText(value)]);
      const query = texts('query').map(([name, text]) => `${name}=${encode(text)}`);
      const filled = texts('path').reduce(
        (filling, [name, text]) => filling.replace(`{${name}}`, encode(text)),
        path,
      );
      return {
        method: method.toUpperCase(),
        path: query.length === 0 ? filled : `${filled}?${query.join('&')}`,
        headers: Object.fromEntries(
          texts('header').filter(([, text]) => /^[\x20-\x7e]*$/.test(text)),
        ),
        body: sent === undefined ? undefined : JSON.stringify(sent),
        isValid: !isSpoiled,
        template: path,
      };
    });
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(asText).join(',') : JSON.stringify(value);
}

/** Halves of surrogate pairs have no encoding. */
function encode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, 'x'));
}

async function ask(api: StorageApiClient, asked: Asked): Promise<Answer> {
  const headers = { ...asked.headers, 'Content-Type': 'application/json' };
  return api.ask(asked.method, asked.path, asked.body, headers);
}

onStorageEngines('any request of the document', (api) => {
  test('gets an answer of the document, and none fails', { timeout: 120_000 }, async () => {
    const checker = await api.checker();
    const { document } = checker;
    const operations = entriesOf(at(document, 'paths'))
      .filter(([path]) => path.startsWith('/storage/'))
      .flatMap(([path, methods]) => entriesOf(methods).map(([method]) => ({ path, method })));
    expect(operations).toHaveLength(10);
    const any = fc.oneof(...operations.map(({ path, method }) => anyAsked(document, path, method)));
    const statuses = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: 3, maxLength: 3 }), async (requests) => {
        for (const asked of requests) {
          // `ask` fails where the answer is none of the document.
          const { status } = await ask(api, asked);
          expect(status).toBeLessThan(500);
          const { template, method, body } = asked;
          const isBodyRight =
            body === undefined ||
            checker.takesBody(template, method.toLowerCase(), JSON.parse(body));
          if (!isBodyRight) expect([body, status]).toEqual([body, 400]);
          const key = `${asked.isValid ? 'valid' : 'spoiled'} ${status}`;
          statuses.set(key, (statuses.get(key) ?? 0) + 1);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // All of it happened: requests that were carried out, and refusals of both kinds.
    for (const key of ['valid 200', 'valid 400', 'valid 404', 'spoiled 400', 'spoiled 200']) {
      expect([key, statuses.get(key) ?? 0]).not.toEqual([key, 0]);
    }
  });
});
