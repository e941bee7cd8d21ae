import type { Jwks } from '../services/signing-key.ts';
import type { JsonApp } from './json/json-app.ts';

/** The protocol's own ("6.5. Webhook Signing Key Discovery"), and where others look. */
export const JWKS_PATHS = ['/v1/stream/__ds/jwks.json', '/.well-known/jwks.json'] as const;

/** What receivers check the signatures of calls by. Everybody may read it. */
export function jwksRoutes(app: JsonApp, jwks: () => Jwks): void {
  for (const path of JWKS_PATHS) {
    app.get(path, (_request, reply) =>
      reply
        .header('Content-Type', 'application/jwk-set+json')
        .header('Cache-Control', 'public, max-age=300')
        // As bytes: of a text the framework would say the encoding, which JSON has only one of.
        .send(Buffer.from(JSON.stringify(jwks()))),
    );
  }
}
