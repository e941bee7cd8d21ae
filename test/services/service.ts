import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Resolve } from '../../src/services/checked-lookup.ts';
import { must } from '../../src/lib/assert.ts';

export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Handler = (received: Received, response: ServerResponse) => void;

/** A service on loopback that remembers what it was sent. */
export class Service {
  readonly received: Received[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #server: Server;

  static async start(handler: Handler): Promise<Service> {
    const service = new Service(handler, (listener) => createServer(listener));
    await service.#listen();
    return service;
  }

  static async startWith(
    handler: Handler,
    create: (listener: RequestListener) => Server,
  ): Promise<Service> {
    const service = new Service(handler, create);
    await service.#listen();
    return service;
  }

  private constructor(handler: Handler, create: (listener: RequestListener) => Server) {
    this.#server = create((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { method, url, headers } = request;
        const received = { method, url, headers, body: Buffer.concat(pieces).toString() };
        this.received.push(received);
        handler(received, response);
      });
    });
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  get port(): number {
    const address = this.#server.address();
    return must(typeof address === 'object' ? address?.port : undefined, 'the service listens');
  }

  /** Under a name that the calls' own resolver is asked for. */
  url(name: string, path = '/', scheme = 'http'): string {
    return `${scheme}://${name}:${this.port}${path}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }
}

/** One that is gone with the test. */
export async function service(handler: Handler): Promise<Service> {
  const started = await Service.start(handler);
  onTestFinished(() => started.close());
  return started;
}

/** Each name leads to the addresses of its list, one list a question; the last one stays. */
export function namesOf(answers: Readonly<Record<string, readonly (readonly string[])[]>>): {
  readonly resolve: Resolve;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const resolve: Resolve = (hostname) => {
    const lists = answers[hostname] ?? [];
    const before = asked.filter((name) => name === hostname).length;
    asked.push(hostname);
    const list = lists[Math.min(before, lists.length - 1)] ?? [];
    return Promise.resolve(
      list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { resolve, asked };
}
