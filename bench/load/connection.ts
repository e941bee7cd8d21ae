import { connect, type Socket } from 'node:net';
import { AnswerParser, type Answer, type BodySink } from './answer-parser.ts';

/** The answer, or why there is none. */
export type Outcome = Answer | Error;

// On Unix a read and its callback are one synchronous step, so all sockets can read into one
// buffer: nothing is allocated for what comes in.
const incoming = Buffer.allocUnsafe(256 * 1024);

/** A keep-alive connection with one request under way at a time, straight on a socket. */
export class Connection {
  readonly #socket: Socket;
  readonly #parser: AnswerParser;
  #waiting: ((outcome: Outcome) => void) | undefined;
  #lost: Error | undefined;

  constructor(url: URL) {
    this.#parser = new AnswerParser((answer) => {
      this.#settle(answer);
    });
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: incoming,
        callback: (count) => {
          this.#read(incoming.subarray(0, count));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => {
      this.#lost = error;
    });
    this.#socket.on('close', () => {
      this.#lost ??= new Error('the server closed the connection');
      this.#settle(this.#lost);
    });
  }

  static open(url: URL): Promise<Connection> {
    const connection = new Connection(url);
    return new Promise((resolve, reject) => {
      connection.#socket.once('connect', () => {
        resolve(connection);
      });
      connection.#socket.once('error', reject);
    });
  }

  send(request: Buffer | string, answered: (outcome: Outcome) => void, sink?: BodySink): void {
    if (this.#lost !== undefined) {
      answered(this.#lost);
      return;
    }
    this.#waiting = answered;
    this.#parser.expect(sink);
    if (typeof request === 'string') this.#socket.write(request, 'latin1');
    else this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    try {
      this.#parser.feed(bytes);
    } catch (error) {
      this.#lost = error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
    }
  }

  #settle(outcome: Outcome): void {
    const answered = this.#waiting;
    this.#waiting = undefined;
    answered?.(outcome);
  }
}

// Fewer at once than any listen queue holds: a dropped SYN is repeated only after a second.
const openingMax = 100;

export async function openConnections(url: URL, count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  while (connections.length < count) {
    const batch = Math.min(openingMax, count - connections.length);
    const opened = Array.from({ length: batch }, () => Connection.open(url));
    connections.push(...(await Promise.all(opened)));
  }
  return connections;
}
