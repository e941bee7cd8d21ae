import type { Duplex } from 'node:stream';
import { SECURITY_HEADERS } from './exchange.ts';

interface SocketRefusal {
  readonly status: string;
  readonly code: string;
  readonly detail: string;
}

const MALFORMED: SocketRefusal = {
  status: '400 Bad Request',
  code: 'malformed-request',
  detail: 'This is no well-formed HTTP/1.1 request.',
};

const BY_ERROR = new Map<unknown, SocketRefusal>([
  [
    'HPE_HEADER_OVERFLOW',
    {
      status: '431 Request Header Fields Too Large',
      code: 'headers-too-large',
      detail: 'The request line and headers are too large.',
    },
  ],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    {
      status: '408 Request Timeout',
      code: 'request-timeout',
      detail: 'The request did not arrive in time; nothing was done.',
    },
  ],
]);

/** Answers a connection that never made it to a request, and closes it. */
export function refuseSocket(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = BY_ERROR.get(code) ?? MALFORMED;
  const body = JSON.stringify({
    type: `urn:millrace:problem:${refusal.code}`,
    title: refusal.status.slice(4),
    status: Number(refusal.status.slice(0, 3)),
    detail: refusal.detail,
    code: refusal.code,
  });
  const headers = [
    ...['Connection', 'close', 'Content-Type', 'application/problem+json'],
    ...['Content-Length', String(Buffer.byteLength(body)), ...SECURITY_HEADERS],
  ];
  let head = `HTTP/1.1 ${refusal.status}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    head += `${headers[index] ?? ''}: ${headers[index + 1] ?? ''}\r\n`;
  }
  socket.end(`${head}\r\n${body}`);
}
