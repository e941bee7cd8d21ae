import { service, type Received, type Service } from '../../services/service.ts';
import type { Mortal } from './mortal.ts';

/** When the server is killed: while the service has its call, or once it has answered that. */
export type Moment = 'while it is asked' | 'once it has answered';

export interface Reply {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Call {
  readonly received: Received;
  /** Whether it was answered with success, or was going to be. */
  readonly isTaken: boolean;
}

/** Of each life of the server. */
const FAILING_CALL = 3;
const LAST_CALL = 20;

/**
 * A service on loopback that kills the server which calls it when it is told to. Before that it fails
 * once, in turn by its answer and without one.
 */
export class DeadlyService {
  readonly calls: Call[] = [];
  readonly #server: Mortal;
  readonly #service: Service;
  #callsOfLife = 0;
  #lives = 1;
  #kill: { readonly moment: Moment; readonly done: () => void } | undefined;

  /** `replyTo` is given the number of the call, the first being 0. Gone with the test. */
  static async start(
    server: Mortal,
    replyTo: (received: Received, call: number) => Reply,
  ): Promise<DeadlyService> {
    const started = await service((received, response) => {
      const reply = replyTo(received, deadly.calls.length);
      const answer = (told?: () => void): void => {
        response.writeHead(200, { 'Content-Type': 'application/json', ...reply.headers });
        response.end(reply.body, told);
      };
      deadly.#callsOfLife += 1;
      const isFailing = deadly.#kill !== undefined && deadly.#callsOfLife === FAILING_CALL;
      deadly.calls.push({ received, isTaken: !isFailing });
      if (isFailing && deadly.#lives % 2 === 0) response.destroy();
      else if (isFailing) response.writeHead(503).end();
      else if (deadly.#callsOfLife < LAST_CALL || deadly.#kill === undefined) answer();
      else if (deadly.#kill.moment === 'while it is asked') deadly.#killNow();
      else {
        answer(() => {
          deadly.#killNow();
        });
      }
    });
    const deadly = new DeadlyService(server, started);
    return deadly;
  }

  private constructor(server: Mortal, service: Service) {
    this.#server = server;
    this.#service = service;
  }

  get url(): string {
    return this.#service.url('127.0.0.1', '/in');
  }

  /** Kills the server in the middle of what it has the service do. Resolves when it is dead. */
  async killAt(moment: Moment): Promise<void> {
    await new Promise<void>((done) => {
      this.#kill = { moment, done };
    });
    await this.#server.die();
  }

  #killNow(): void {
    if (this.#kill === undefined) return;
    const { done } = this.#kill;
    this.#server.server.process.kill('SIGKILL');
    this.#kill = undefined;
    this.#callsOfLife = 0;
    this.#lives += 1;
    done();
  }
}
