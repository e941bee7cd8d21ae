import { createHash } from 'node:crypto';
import type { DescribedRoute } from '../json/described-route.ts';
import { sendJson, type JsonApp } from '../json/json-app.ts';
import { docsPage, STYLE } from './docs-page.ts';
import { openApiDocument } from './document.ts';
import { DURABLE_PATHS, DURABLE_SCHEMAS } from './durable-streams.ts';

/** The document of all that is served, for programs and for people. */
export function openApiRoutes(app: JsonApp, described: readonly DescribedRoute[]): void {
  const byHand = { paths: DURABLE_PATHS, schemas: DURABLE_SCHEMAS };
  // Not before all routes are known, and once for all who ask.
  const rendered = { document: '', page: '' };
  app.addHook('onReady', (done) => {
    const document = openApiDocument(described, byHand);
    rendered.document = JSON.stringify(document);
    rendered.page = docsPage(document);
    done();
  });
  app.get('/openapi.json', (_request, reply) => sendJson(reply, 200, rendered.document));
  app.get('/docs', (_request, reply) =>
    reply
      .header('Content-Type', 'text/html; charset=utf-8')
      .header('Content-Security-Policy', POLICY)
      .header('Referrer-Policy', 'no-referrer')
      .send(rendered.page),
  );
}

/** Nothing is loaded, from nowhere: the page is all there is. */
const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
