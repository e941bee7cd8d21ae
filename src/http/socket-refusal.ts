import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { SECURITY_HEADERS } from './exchange.ts';

/** What is refused before it is anything that a handler could be asked about. */
interface EarlyRefusal {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

const MALFORMED: EarlyRefusal = {
  status: 400,
  title: 'Bad Request',
  code: 'malformed-request',
  detail: 'This is no well-formed HTTP/1.1 request.',
};

const EXPECTATION_FAILED: EarlyRefusal = {
  status: 417,
  title: 'Expectation Failed',
  code: 'expectation-failed',
  detail: 'The only expectation that can be met is 100-continue.',
};

const BY_ERROR = new Map<unknown, EarlyRefusal>([
  [
    'HPE_HEADER_OVERFLOW',
    {
      status: 431,
      title: 'Request Header Fields Too Large',
      code: 'headers-too-large',
      detail: 'The request line and headers are too large.',
    },
  ],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    {
      status: 413,
      title: 'Payload Too Large',
      code: 'chunk-extensions-too-large',
      detail: 'The extensions of a chunk are too large.',
    },
  ],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    {
      status: 408,
      title: 'Request Timeout',
      code: 'request-timeout',
      detail: 'The request did not arrive in time; nothing was done.',
    },
  ],
]);

/** How long a client may take to read its refusal before the connection is dropped. */
const LINGER_MS = 1000;

/** Answers a connection on which no request can be made out any more, and closes it. */
export function refuseSocket(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const current = answerInProgress(socket);
  if (current === undefined) {
    endWith(socket, BY_ERROR.get(code) ?? MALFORMED);
  } else if (current.headersSent && !current.writableEnded) {
    // In the middle of another answer a refusal would be read as a part of it.
    socket.destroy();
  } else if (current.req.complete) {
    // Nothing is wrong with the request before: its answer comes first.
    socket.pause();
    current.once('close', () => {
      refuseSocket(error, socket);
    });
  } else {
    // The rest of the current request is what is wrong; it may have got its answer already.
    endWith(socket, current.writableEnded ? undefined : (BY_ERROR.get(code) ?? MALFORMED));
  }
}

/** The answer that the next bytes written to the socket would belong to. */
export function answerInProgress(socket: Duplex): ServerResponse | undefined {
  // Node decides by this field too when nobody listens for `clientError`; there is no other way.
  if (!('_httpMessage' in socket)) return undefined;
  const { _httpMessage: message } = socket;
  return message instanceof ServerResponse ? message : undefined;
}

/**
 * Nothing that still comes is parsed: the rest of a request that was too late would complete it. It
 * is read and dropped for a while, since closing on unread bytes can cost the client the answer.
 */
function endWith(socket: Duplex, refusal: EarlyRefusal | undefined): void {
  socket.removeAllListeners('data');
  socket.on('data', () => undefined);
  socket.resume();
  socket.end(refusal === undefined ? '' : format(refusal));
  const timer = setTimeout(() => {
    socket.destroy();
  }, LINGER_MS);
  socket.once('close', () => {
    clearTimeout(timer);
  });
}

function format(refusal: EarlyRefusal): string {
  const { fields, body } = render(refusal);
  let head = `HTTP/1.1 ${refusal.status} ${refusal.title}\r\n`;
  for (let index = 0; index < fields.length; index += 2) {
    head += `${fields[index] ?? ''}: ${fields[index + 1] ?? ''}\r\n`;
  }
  return `${head}\r\n${body}`;
}

/** Refuses a request in a version of HTTP that this is not. */
export function refuseVersion(response: ServerResponse): void {
  refuse(response, MALFORMED);
}

/** Refuses an `Expect` that nobody can meet. */
export function refuseExpectation(response: ServerResponse): void {
  refuse(response, EXPECTATION_FAILED);
}

function refuse(response: ServerResponse, refusal: EarlyRefusal): void {
  const { fields, body } = render(refusal);
  response.writeHead(refusal.status, refusal.title, fields);
  response.end(body);
}

/** The refusal's header as a flat list, and its body. */
function render({ status, title, code, detail }: EarlyRefusal): {
  fields: string[];
  body: string;
} {
  const body = JSON.stringify({
    type: `urn:millrace:problem:${code}`,
    title,
    status,
    detail,
    code,
  });
  const length = String(Buffer.byteLength(body));
  return {
    fields: [
      ...['Connection', 'close', 'Content-Type', 'application/problem+json'],
      ...['Cache-Control', 'no-store', 'Content-Length', length, ...SECURITY_HEADERS],
    ],
    body,
  };
}
