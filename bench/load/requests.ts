/** Requests as bytes, with the headers an ordinary HTTP client sends and no more. */
export function post(
  url: URL,
  path: string,
  contentType: string,
  body: Buffer,
  credential = '',
): Buffer {
  return withBody('POST', url, path, contentType, body, credential);
}

export function putJson(url: URL, path: string, body: Buffer): Buffer {
  return withBody('PUT', url, path, 'application/json', body);
}

function withBody(
  method: string,
  url: URL,
  path: string,
  contentType: string,
  body: Buffer,
  credential = '',
): Buffer {
  const head = requestHead(method, url, path, [
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
    ...given(credential),
  ]);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

export function put(url: URL, path: string, contentType: string, credential = ''): string {
  const headers = [`Content-Type: ${contentType}`, 'Content-Length: 0', ...given(credential)];
  return requestHead('PUT', url, path, headers);
}

/** A credential is a whole header line; empty: none. */
function given(credential: string): string[] {
  return credential === '' ? [] : [credential];
}

export function get(url: URL, path: string): string {
  return requestHead('GET', url, path, []);
}

function requestHead(method: string, url: URL, path: string, headers: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers, '', ''].join('\r\n');
}
