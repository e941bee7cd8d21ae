import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';

const linesKeptMax = 200;

interface Waiter {
  readonly offer: (line: string) => boolean;
  readonly fail: (reason: Error) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process that talks in lines on stdout. Its stdin is held open: programs end with it. */
export class Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: string[] = [];
  readonly #complaints: string[] = [];
  #waiters: Waiter[] = [];
  #running = true;

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.pid = this.#process.pid ?? -1;
    this.exited = this.#watch();
    // A child that has gone takes its stdin with it; its exit is what gets reported.
    this.#process.stdin.on('error', () => undefined);
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      keep(this.#lines, line);
      this.#waiters = this.#waiters.filter((waiter) => !waiter.offer(line));
    });
    createInterface({ input: this.#process.stderr }).on('line', (line) => {
      keep(this.#complaints, line);
    });
  }

  /** The first line, already printed or still to come, that `match` turns into a value. */
  waitFor<T>(what: string, timeoutMs: number, match: (line: string) => T | undefined): Promise<T> {
    for (const line of this.#lines) {
      const value = match(line);
      if (value !== undefined) return Promise.resolve(value);
    }
    if (!this.#running) return Promise.reject(this.#ended(what));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${this.#name}: no ${what} within ${timeoutMs} ms${this.#lastWords()}`));
      }, timeoutMs);
      this.#waiters.push({
        offer: (line) => {
          const value = match(line);
          if (value === undefined) return false;
          clearTimeout(timer);
          resolve(value);
          return true;
        },
        fail: (reason) => {
          clearTimeout(timer);
          reject(reason);
        },
      });
    });
  }

  endInput(): void {
    this.#process.stdin.end();
  }

  kill(): void {
    if (this.#running) this.#process.kill('SIGKILL');
  }

  /** Asks with SIGTERM, insists with SIGKILL, and says how it ended. */
  async stop(graceMs = 15_000): Promise<Exit> {
    if (this.#running) this.#process.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.kill();
    }, graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async #watch(): Promise<Exit> {
    const ended = new Promise<Exit>((resolve) => {
      this.#process.once('close', (code, signal) => {
        resolve({ code, signal });
      });
    });
    try {
      await once(this.#process, 'spawn');
    } catch (error) {
      this.#complaints.push(String(error));
    }
    const exit = await ended;
    this.#running = false;
    for (const waiter of this.#waiters) waiter.fail(this.#ended('answer'));
    this.#waiters = [];
    return exit;
  }

  #ended(what: string): Error {
    return new Error(`${this.#name}: ended before its ${what}${this.#lastWords()}`);
  }

  #lastWords(): string {
    const words = [...this.#complaints.slice(-8), ...this.#lines.slice(-2)];
    return words.length === 0 ? '' : `\n    ${words.join('\n    ')}`;
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > linesKeptMax) lines.shift();
}
