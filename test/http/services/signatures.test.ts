import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SECRET } from '../../support/accounts/tokens.ts';
import { serve } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';
import { at, entriesOf } from '../../support/openapi-checker.ts';
import { Relaying } from './relay.ts';

const PATHS = ['/v1/stream/__ds/jwks.json', '/.well-known/jwks.json'];

describe('calls of services', () => {
  const api = new TriggerApiClient(
    new StorageApiClient('embedded', { servicesAllowLoopback: true }),
  );
  const relaying = new Relaying(api);

  /** What a receiver does with nothing but node's own crypto and the published keys. */
  async function isGenuine(header: string, body: string): Promise<boolean> {
    const [, seconds = '', kid, signature = ''] =
      /^t=(\d+),kid=([^,]+),ed25519=([^,]+)$/.exec(header) ?? [];
    const keys = at((await api.storage.served.get('/.well-known/jwks.json')).json, 'keys');
    const jwk: unknown = Array.isArray(keys)
      ? keys.find((each) => at(each, 'kid') === kid)
      : undefined;
    const x = String(at(jwk, 'x'));
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const signed = Buffer.from(`${seconds}.${body}`);
    return verify(null, signed, key, Buffer.from(signature, 'base64url'));
  }

  test('are signed with a key that is published, also after a restart', async () => {
    const { subject, receiver } = await relaying.service((_, response) => response.end());
    await relaying.post(subject, '{"amount": 1}');
    await api.storage.served.restart();
    await relaying.post(subject, '{"amount": 2}');
    const headers = receiver.received.map(({ headers: each }) => String(each['webhook-signature']));
    const [first = '', second = ''] = headers;
    expect(await isGenuine(first, '{"amount": 1}')).toBe(true);
    expect(await isGenuine(second, '{"amount": 2}')).toBe(true);
    expect(await isGenuine(first, '{"amount": 2}')).toBe(false);
  });
});

describe('the published keys', () => {
  const served = serve('memory', { jwtSecret: SECRET });

  test.each(PATHS)('are read at %s without credentials, and hold nothing secret', async (path) => {
    const answer = await served.get(path);
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/jwk-set+json');
    expect(answer.header('cache-control')).toBe('public, max-age=300');
    const keys = at(answer.json, 'keys');
    expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' }]);
    const members = entriesOf(at(keys, '0')).map(([name]) => name);
    expect(members.toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect((await served.post(path)).status).toBe(405);
  });
});
