import { service, type Received, type Service } from '../../services/service.ts';
import type { Mortal } from './mortal.ts';
import { holdSyncs } from './held-syncs.ts';
import type { Shim } from './shim.ts';

/** When the server is killed, in the course of one call of the service. */
export type Moment =
  | 'while it is asked'
  | 'once it has answered'
  /** Written, and not yet known to be on the disk. */
  | 'while its answer is stored';

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
  readonly #fault: Shim;
  readonly #service: Service;
  #callsOfLife = 0;
  #lives = 1;
  #kill:
    | { readonly moment: Moment; readonly isDue: (untilThen: () => Promise<void>) => void }
    | undefined;

  /** `replyTo` is given the number of the call, the first being 0. Gone with the test. */
  static async start(
    server: Mortal,
    fault: Shim,
    replyTo: (received: Received, call: number) => Reply,
  ): Promise<DeadlyService> {
    const started = await service((received, response) => {
      const reply = replyTo(received, deadly.calls.length);
      const answer = (told?: () => void): void => {
        response.writeHead(200, { 'Content-Type': 'application/json', ...reply.headers });
        response.end(reply.body, told);
      };
      const isFailing = deadly.#countCall();
      deadly.calls.push({ received, isTaken: !isFailing });
      if (isFailing && deadly.#lives % 2 === 0) response.destroy();
      else if (isFailing) response.writeHead(503).end();
      else deadly.#go(answer);
    });
    const deadly = new DeadlyService(server, fault, started);
    return deadly;
  }

  private constructor(server: Mortal, fault: Shim, started: Service) {
    this.#server = server;
    this.#fault = fault;
    this.#service = started;
  }

  get url(): string {
    return this.#service.url('127.0.0.1', '/in');
  }

  /** Kills the server in the middle of what it has the service do. Resolves when it is dead. */
  async killAt(moment: Moment): Promise<void> {
    const untilThen = await new Promise<() => Promise<void>>((isDue) => {
      this.#kill = { moment, isDue };
    });
    await untilThen();
    await this.#server.die();
    await this.#fault.disarm();
  }

  /** Whether this is the call to fail. */
  #countCall(): boolean {
    this.#callsOfLife += 1;
    return this.#kill !== undefined && this.#callsOfLife === FAILING_CALL;
  }

  /** Answers, unless the server is killed before; at once, or when what comes of it can be seen. */
  #go(answer: (told?: () => void) => void): void {
    if (this.#kill === undefined || this.#callsOfLife < LAST_CALL) {
      answer();
      return;
    }
    const { moment, isDue } = this.#kill;
    this.#kill = undefined;
    this.#callsOfLife = 0;
    this.#lives += 1;
    const kill = (): void => {
      this.#server.server.process.kill('SIGKILL');
      isDue(() => Promise.resolve());
    };
    switch (moment) {
      case 'while it is asked':
        kill();
        break;
      case 'once it has answered':
        answer(kill);
        break;
      case 'while its answer is stored':
        void holdSyncs(this.#fault).then((untilHeld) => {
          answer();
          isDue(untilHeld);
        });
    }
  }
}
