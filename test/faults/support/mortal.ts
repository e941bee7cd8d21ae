import { HttpClient, type Answer, type Headers } from '../../support/http/client.ts';
import { spawnMillrace, StartFailed, type SpawnedMillrace } from '../../support/millrace.ts';

export interface MortalOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program and its arguments, to which the server's own command line is added. */
  readonly command?: readonly string[];
}

/** A data folder, and the real program on it, which dies and comes back. */
export class Mortal {
  readonly dataDir: string;
  /** Asks whichever server is there at the moment. */
  readonly client: HttpClient;
  readonly #options: MortalOptions;
  #server: SpawnedMillrace | undefined;
  #formerOutput = '';

  constructor(dataDir: string, options: MortalOptions = {}) {
    this.dataDir = dataDir;
    this.#options = options;
    this.client = new HttpClient(() => this.server.url);
  }

  get server(): SpawnedMillrace {
    if (this.#server === undefined) throw new Error('the server has not been started');
    return this.#server;
  }

  get isAlive(): boolean {
    const { exitCode, signalCode } = this.server.process;
    return exitCode === null && signalCode === null;
  }

  /** What the server of this life has written, and the one before. */
  get output(): string {
    return `${this.#formerOutput}${this.#server?.output() ?? ''}`;
  }

  /** `options` replace those given at first, for this life. */
  async start(options: MortalOptions = this.#options): Promise<SpawnedMillrace> {
    const { flags = [], env = {}, command = [] } = options;
    this.#formerOutput = this.#server?.output() ?? '';
    this.#server = await spawnMillrace(
      ['--data-dir', this.dataDir, '--log-level', 'debug', ...flags],
      { env, command },
    );
    return this.#server;
  }

  /** Asks with a body of JSON. */
  ask(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.client.send(method, path, {
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The same, which has to succeed. */
  async tell(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    const answer = await this.ask(method, path, body, headers);
    if (answer.status < 300) return answer;
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
  }

  /** `kill -9`. */
  async die(): Promise<void> {
    await this.server.kill('SIGKILL');
  }

  /** Asks it to stop, and resolves with its exit code. */
  stop(): Promise<number | null> {
    return this.server.kill('SIGTERM');
  }

  async restart(options: MortalOptions = this.#options): Promise<SpawnedMillrace> {
    await this.die();
    return this.start(options);
  }

  async end(): Promise<void> {
    this.client.close();
    await this.#server?.kill('SIGKILL');
  }
}

/** Resolves with the exit code of a server that ends by itself; null when a signal ended it. */
export async function exitOf({ process }: SpawnedMillrace): Promise<number | null> {
  if (process.exitCode === null && process.signalCode === null) {
    await new Promise((resolve) => process.once('exit', resolve));
  }
  return process.exitCode;
}

/** What became of a start that has to fail. */
export async function failureOf(start: Promise<unknown>): Promise<StartFailed> {
  try {
    await start;
  } catch (error) {
    if (error instanceof StartFailed) return error;
    throw error;
  }
  throw new Error('it has started');
}
