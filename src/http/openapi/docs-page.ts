import type { Json, JsonObject } from './document.ts';

export const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
  'code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#8881;padding:.5rem;overflow:auto}' +
  'summary{cursor:pointer;padding:.25rem 0}b{display:inline-block;min-width:4rem}' +
  'table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}' +
  ':root{color-scheme:light dark}';

/** The document as a page that needs no script and loads nothing. */
export function docsPage(document: JsonObject): string {
  const info = objectAt(document, 'info');
  const paths = Object.entries(objectAt(document, 'paths'));
  const schemas = Object.entries(objectAt(objectAt(document, 'components'), 'schemas'));
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${textAt(info, 'title')}</title><style>${STYLE}</style></head><body>`,
    `<h1>${textAt(info, 'title')}</h1><p>${textAt(info, 'description')}</p>`,
    '<p>For programs: <a href="/openapi.json">/openapi.json</a></p><h2>Operations</h2>',
    ...paths.flatMap(([path, operations]) =>
      Object.entries(asObject(operations)).map(([method, operation]) =>
        operationSection(method, path, asObject(operation)),
      ),
    ),
    '<h2>Schemas</h2>',
    ...schemas.map(([name, schema]) => details(`<code>${escape(name)}</code>`, block(schema))),
    '</body></html>',
  ].join('\n');
}

function operationSection(method: string, path: string, operation: JsonObject): string {
  const title =
    `<b>${escape(method.toUpperCase())}</b> <code>${escape(path)}</code> ` +
    textAt(operation, 'summary');
  const { parameters, requestBody, responses } = operation;
  return details(
    title,
    [
      `<p>${textAt(operation, 'description')}</p>`,
      parameters === undefined ? '' : `<h4>Parameters</h4>${block(parameters)}`,
      requestBody === undefined ? '' : `<h4>Body</h4>${block(requestBody)}`,
      `<h4>Answers</h4><table>${Object.entries(asObject(responses)).map(answerRow).join('')}</table>`,
    ].join(''),
  );
}

function answerRow([status, answer]: [string, Json]): string {
  const { $ref = '', description } = asObject(answer);
  const named = typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined;
  const told = typeof description === 'string' ? description : named;
  return `<tr><td>${escape(status)}</td><td>${escape(told ?? '')}</td></tr>`;
}

function details(title: string, content: string): string {
  return `<details><summary>${title}</summary>${content}</details>`;
}

function block(json: Json): string {
  return `<pre>${escape(JSON.stringify(json, undefined, 2))}</pre>`;
}

function textAt(object: JsonObject, name: string): string {
  const text = object[name];
  return typeof text === 'string' ? escape(text) : '';
}

function objectAt(object: JsonObject, name: string): JsonObject {
  return asObject(object[name]);
}

function asObject(json: Json | undefined): JsonObject {
  return isObject(json) ? json : {};
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
