import { Waker } from './waker.ts';
import type { ManagedHead } from '../storage/message-port.ts';
import { Copier, type CopierParts } from './copier.ts';
import { forgetCursors } from './cursor.ts';
import { originName } from './names.ts';

/** How long a copy that cannot take what comes is left alone. */
const BLOCKED_MS = 1000;

export interface CopyingEvents {
  /** Told once, until it goes on. */
  readonly onBlocked: (stream: string, origin: string) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Running {
  readonly incarnation: string;
  readonly revision: number;
  readonly loops: readonly CopyLoop[];
}

/** Keeps mirrors and streams with sources going. */
export class Copying {
  readonly #parts: CopierParts;
  readonly #events: CopyingEvents;
  readonly #running = new Map<string, Running>();

  constructor(parts: CopierParts, events: CopyingEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  start(): void {
    for (const head of this.#parts.messages.readableStreams('')) this.#keep(head.name, head);
  }

  /** A stream was made, configured or removed. */
  refresh(name: string): void {
    this.#keep(name, this.#parts.messages.managed(name));
  }

  async stop(): Promise<void> {
    const loops = [...this.#running.values()].flatMap((running) => running.loops);
    this.#running.clear();
    await Promise.all(loops.map((loop) => loop.stop()));
  }

  #keep(name: string, head: ManagedHead | undefined): void {
    const running = this.#running.get(name);
    const isSame =
      running?.incarnation === head?.incarnation && running?.revision === head?.revision;
    if (isSame) return;
    this.#running.delete(name);
    const stopped = Promise.all((running?.loops ?? []).map((loop) => loop.stop())).then(() =>
      running !== undefined && running.incarnation !== head?.incarnation
        ? forgetCursors(this.#parts.logs, name, running.incarnation)
        : undefined,
    );
    stopped.catch(this.#events.onFailure);
    if (head === undefined) return;
    const { mirror, sources } = head.config;
    const loops = (mirror === undefined ? sources : [mirror]).map((origin) => {
      const copier = new Copier(this.#parts, head, origin);
      const watched = originName(head.name, origin.stream);
      return new CopyLoop(copier, {
        // Two loops of one stream and source would only be in each other's way.
        begin: stopped,
        watch: (onChange) => this.#parts.messages.watchManaged(watched, onChange),
        onBlocked: () => {
          this.#events.onBlocked(head.config.name, origin.stream);
        },
        onFailure: this.#events.onFailure,
      });
    });
    if (loops.length === 0) return;
    const { incarnation, revision } = head;
    this.#running.set(name, { incarnation, revision, loops });
  }
}

interface LoopParts {
  readonly begin: Promise<unknown>;
  readonly watch: (onChange: () => void) => () => void;
  readonly onBlocked: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** Copies what is there, and then what comes. */
class CopyLoop {
  readonly #copier: Copier;
  readonly #parts: LoopParts;
  /** The origin has changed, or nothing is to be waited for any more. */
  readonly #news = new Waker();
  readonly #ended: Promise<void>;
  #isStopping = false;

  constructor(copier: Copier, parts: LoopParts) {
    this.#copier = copier;
    this.#parts = parts;
    this.#ended = parts.begin.then(() => this.#run()).catch(parts.onFailure);
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    this.#news.wake();
    return this.#ended;
  }

  async #run(): Promise<void> {
    const unwatch = this.#parts.watch(() => {
      this.#news.wake();
    });
    let isBlocked = false;
    while (!this.#isStopping) {
      this.#news.forget();
      const outcome = await this.#copier.step();
      if (outcome === 'gone') break;
      if (outcome === 'blocked' && !isBlocked) this.#parts.onBlocked();
      isBlocked = outcome === 'blocked';
      if (outcome === 'done') await this.#rest(undefined);
      if (outcome === 'blocked') await this.#rest(BLOCKED_MS);
    }
    unwatch();
  }

  /** Until the origin changes, or the time is up: what has changed already makes no copy take more. */
  async #rest(timeoutMs: number | undefined): Promise<void> {
    if (timeoutMs !== undefined) this.#news.forget();
    if (!this.#isStopping) await this.#news.rest(timeoutMs);
  }
}
