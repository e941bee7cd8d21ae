/** Requests as bytes, with the headers an ordinary HTTP client sends and no more. */
export function post(url: URL, path: string, contentType: string, body: Buffer): Buffer {
  return withBody('POST', url, path, contentType, body);
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
): Buffer {
  const head = requestHead(method, url, path, [
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
  ]);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

export function put(url: URL, path: string, contentType: string): string {
  return requestHead('PUT', url, path, [`Content-Type: ${contentType}`, 'Content-Length: 0']);
}

export function get(url: URL, path: string): string {
  return requestHead('GET', url, path, []);
}

function requestHead(method: string, url: URL, path: string, headers: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers, '', ''].join('\r\n');
}
