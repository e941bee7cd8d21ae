import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { calculateJwkThumbprint, importJWK } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { KEY_RING_NAME } from '../../src/services/key-ring-document.ts';
import { isSignedBy, parseSigningKey, REPLAY_WINDOW_MS } from '../../src/services/signing-key.ts';
import { FORMER_KEYS_MAX, Signing } from '../../src/services/signing.ts';
import { openFolder } from '../../src/storage/embedded/open.ts';
import { createDocument, textOf, writeDocument } from '../../src/storage/documents.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { LogStore } from '../../src/storage/port.ts';
import { NO_FAILURES, QUIET } from '../storage/engine-folder.ts';
import { temporaryFolder } from '../support/millrace.ts';

const NOW_MS = Date.UTC(2030, 0, 1);
const clock = { nowMs: () => NOW_MS };
const BODY = Buffer.from('{"order":1}');

let store: LogStore;

beforeEach(() => {
  store = new MemoryEngine({ bytesMax: 1 << 20, life: 'test' });
});

async function open(): Promise<Signing> {
  const opened = await Signing.open(store, clock);
  if (!opened.ok) throw new Error(opened.refusal.code);
  return opened.signing;
}

describe('a signature', () => {
  it('is of the time, a dot and the body, by the key that the header names', async () => {
    const signing = await open();
    const header = signing.sign(BODY);
    const [, t, kid, ed25519] = must(
      /^t=(\d+),kid=([^,]+),ed25519=([A-Za-z0-9_-]+)$/.exec(header) ?? undefined,
      'the header has its form',
    );
    expect(t).toBe(String(NOW_MS / 1000));
    const jwk = must(
      signing.jwks.keys.find((key) => key.kid === kid),
      'the key is published',
    );
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const signed = Buffer.from(`${t ?? ''}.${BODY.toString()}`);
    expect(verify(null, signed, key, Buffer.from(ed25519 ?? '', 'base64url'))).toBe(true);
  });

  it('is believed for this body alone', async () => {
    const signing = await open();
    const header = signing.sign(BODY);
    expect(isSignedBy(signing.jwks, header, BODY, NOW_MS)).toBe(true);
    expect(isSignedBy(signing.jwks, header, Buffer.from('{"order":2}'), NOW_MS)).toBe(false);
    expect(isSignedBy({ keys: [] }, header, BODY, NOW_MS)).toBe(false);
    expect(isSignedBy(signing.jwks, header.replace('t=1', 't=2'), BODY, NOW_MS)).toBe(false);
    expect(isSignedBy(signing.jwks, `${header}x`, BODY, NOW_MS)).toBe(false);
    expect(isSignedBy(signing.jwks, '', BODY, NOW_MS)).toBe(false);
  });

  it('is believed for five minutes', async () => {
    const signing = await open();
    const header = signing.sign(BODY);
    for (const byMs of [-REPLAY_WINDOW_MS, REPLAY_WINDOW_MS]) {
      expect(isSignedBy(signing.jwks, header, BODY, NOW_MS + byMs)).toBe(true);
      expect(isSignedBy(signing.jwks, header, BODY, NOW_MS + byMs + Math.sign(byMs))).toBe(false);
    }
  });

  it('can be of a body that is no text, or of none', async () => {
    const signing = await open();
    for (const body of [Buffer.from([0xff, 0, 0x80]), Buffer.alloc(0)]) {
      expect(isSignedBy(signing.jwks, signing.sign(body), body, NOW_MS)).toBe(true);
    }
  });
});

describe('the published keys', () => {
  it('are a key set that others can read, with thumbprints for ids', async () => {
    const { keys } = (await open()).jwks;
    expect(keys).toHaveLength(1);
    for (const jwk of keys) {
      expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
      expect(jwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' });
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk));
      await expect(importJWK(jwk)).resolves.toBeDefined();
    }
  });

  it('are the same after a restart', async () => {
    const before = await open();
    const after = await open();
    expect(after.jwks).toEqual(before.jwks);
    expect(isSignedBy(before.jwks, after.sign(BODY), BODY, NOW_MS)).toBe(true);
  });

  it('are kept in the folder of the server', async () => {
    const folder = await temporaryFolder();
    const life = async (rotates: boolean): Promise<Signing['jwks']> => {
      const engine = await openFolder({ ...QUIET, directory: folder.path }, NO_FAILURES);
      store = engine;
      const signing = await open();
      if (rotates) await signing.rotate();
      await engine.close();
      return signing.jwks;
    };
    try {
      const [first, rotated, last] = [await life(false), await life(true), await life(false)];
      expect(rotated.keys).toHaveLength(2);
      expect(rotated.keys[1]).toEqual(first.keys[0]);
      expect(last).toEqual(rotated);
    } finally {
      await folder.remove();
    }
  });

  it('are made once, however many begin at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, open));
    expect(new Set(all.map(({ jwks }) => JSON.stringify(jwks))).size).toBe(1);
  });

  it('are of one server each', async () => {
    const one = await open();
    store = new MemoryEngine({ bytesMax: 1 << 20, life: 'other' });
    const other = await open();
    expect(isSignedBy(one.jwks, other.sign(BODY), BODY, NOW_MS)).toBe(false);
  });

  it('keep the former ones when a new one signs, up to a bound, without their private halves', async () => {
    const signing = await open();
    const headers: string[] = [];
    for (let each = 0; each < FORMER_KEYS_MAX + 2; each += 1) {
      headers.push(signing.sign(BODY));
      expect(await signing.rotate()).toBeUndefined();
    }
    expect(signing.jwks.keys).toHaveLength(FORMER_KEYS_MAX + 1);
    const believed = headers.map((header) => isSignedBy(signing.jwks, header, BODY, NOW_MS));
    expect(believed).toEqual([false, false, true, true, true]);
    expect((await open()).jwks).toEqual(signing.jwks);
    const text = textOf(await store.latest(KEY_RING_NAME)) ?? '';
    const written: unknown = JSON.parse(text);
    expect(Object.keys(written ?? {})).toEqual(['privateKey', 'former']);
  });

  it.each(['', 'null', '{}', '{"privateKey":"AAAA","former":[]}', '{"privateKey":1,"former":1}'])(
    'are not made anew where they cannot be read: %s',
    async (text) => {
      await store.commit([createDocument(KEY_RING_NAME, text)]);
      const opened = await Signing.open(store, clock);
      expect(opened).toEqual({ ok: false, refusal: { code: 'data-corrupt' } });
      expect(textOf(await store.latest(KEY_RING_NAME))).toBe(text);
    },
  );

  it('are not taken from a document with a former key that is none', async () => {
    await open();
    const head = await store.latest(KEY_RING_NAME);
    const text = textOf(head)?.replace('[]', '["short"]') ?? '';
    await store.commit([writeDocument(KEY_RING_NAME, head, text)]);
    expect(await Signing.open(store, clock)).toMatchObject({ ok: false });
  });
});

describe('a signing key', () => {
  it('is of Ed25519 and nothing else', () => {
    const { privateKey } = generateKeyPairSync('ed448');
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    expect(parseSigningKey(der.toString('base64'))).toBeUndefined();
    expect(parseSigningKey('')).toBeUndefined();
  });
});
