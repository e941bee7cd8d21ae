import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Agents } from './agents.ts';
import { unreachableFor, type Failure } from './answer.ts';
import type { Cut } from './cut.ts';
import { failureOf } from './failure-of.ts';
import type { Hop } from './hop.ts';
import type { OriginGate } from './origin-gate.ts';

export interface Wiring {
  readonly agents: Agents;
  readonly gate: OriginGate;
  readonly lookup: LookupFunction;
  readonly connectTimeoutMs: number;
  readonly headBytesMax: number;
  /** Certificates of authorities to trust instead of the usual ones; in PEM. */
  readonly ca: string | undefined;
}

export interface Responded {
  readonly kind: 'responded';
  readonly response: IncomingMessage;
}

/** Sends one request and waits for the head of its answer. Never rejects. */
export async function sendHop(hop: Hop, wiring: Wiring, cut: Cut): Promise<Responded | Failure> {
  const { origin } = hop.url;
  if (!(await wiring.gate.enter(origin, cut))) return cut.failure ?? unreachableFor('stopped');
  const outcome = await send(hop, wiring, cut);
  const leave = (): void => {
    wiring.gate.leave(origin);
  };
  if (outcome.kind === 'responded') outcome.response.once('close', leave);
  else leave();
  return outcome;
}

async function send(hop: Hop, wiring: Wiring, cut: Cut): Promise<Responded | Failure> {
  const first = await sendOnce(hop, wiring, cut, true);
  // The other side may close an idle connection at the moment it is used again.
  return first.isStale ? (await sendOnce(hop, wiring, cut, false)).outcome : first.outcome;
}

interface Sent {
  readonly outcome: Responded | Failure;
  /** On a connection from before, which turned out to be gone. */
  readonly isStale: boolean;
}

function sendOnce(hop: Hop, wiring: Wiring, cut: Cut, isPooled: boolean): Promise<Sent> {
  return new Promise((resolve) => {
    const request = begin(hop, wiring, isPooled);
    const settle = (outcome: Responded | Failure): void => {
      const ended = cut.failure ?? outcome;
      const isLost = ended.kind === 'unreachable' && ended.reason === 'connection-lost';
      resolve({ outcome: ended, isStale: isLost && request.reusedSocket });
    };
    request.on('response', (response) => {
      // Who reads the body is told; without a reader there is nobody to tell.
      response.on('error', () => undefined);
      if (isStatus(response.statusCode)) settle({ kind: 'responded', response });
      else cut.because(unreachableFor('not-http'));
    });
    request.on('error', (error) => {
      settle(failureOf(error));
    });
    request.on('close', () => {
      settle(unreachableFor('connection-lost'));
    });
    request.on('socket', (socket: Socket) => {
      boundConnecting(request, socket, hop.url, wiring.connectTimeoutMs, cut);
    });
    cut.onCut(() => {
      request.destroy();
      // One that has no connection yet says nothing of its end.
      settle(unreachableFor('stopped'));
    });
    request.end(hop.body);
  });
}

/** The parser takes any three digits, which nobody could hand on. */
function isStatus(status = 0): boolean {
  return status >= 200 && status <= 599;
}

function begin(
  { url, method, headers, body }: Hop,
  wiring: Wiring,
  pooled: boolean,
): ClientRequest {
  const isTls = url.protocol === 'https:';
  const request = isTls ? requestTls : requestPlain;
  return request(url, {
    method,
    agent: pooled ? wiring.agents.for(url) : false,
    lookup: wiring.lookup,
    maxHeaderSize: wiring.headBytesMax,
    headers: {
      'user-agent': 'Millrace',
      ...headers,
      // What is decompressed has no bound that can be told beforehand.
      'accept-encoding': 'identity',
      ...(method === 'GET' ? {} : { 'content-length': body?.length ?? 0 }),
    },
    ...(isTls ? { rejectUnauthorized: true } : {}),
    ...(isTls && wiring.ca !== undefined ? { ca: wiring.ca } : {}),
  });
}

function boundConnecting(
  request: ClientRequest,
  socket: Socket,
  url: URL,
  timeoutMs: number,
  cut: Cut,
): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    cut.because({ kind: 'timed-out' });
  }, timeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
  };
  socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', stop);
  request.once('close', stop);
}
