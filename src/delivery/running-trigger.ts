import { isLiteralAddress } from '../triggers/address.ts';
import { shape } from '../triggers/shape.ts';
import { afterEvent, type TriggerEvent, type TriggerState } from '../triggers/trigger-state.ts';
import { Completion } from './completion.ts';
import { deadLettersOf } from './dead-letters-of.ts';
import { completionName, progressName } from './names.ts';
import type { Batch } from './read-ahead.ts';
import { Route } from './route.ts';
import type { CarriedSource, Running, RunningParts, TriggerIdentity } from './running.ts';
import type { SourceStream } from './source.ts';
import { sourcesOf } from './sources-of.ts';
import { firstAt } from './starting.ts';
import type { TargetStream } from './target.ts';
import { targetOf } from './target-of.ts';
import { TriggerLoop } from './trigger-loop.ts';

interface Carried {
  readonly source: SourceStream;
  readonly route: Route;
  readonly loop: TriggerLoop;
  state: TriggerState;
}

/** Of a stream that is carried as it comes: what one read gives. */
const RECORDS_MAX = 1000;

/** A trigger that carries: one route for each stream that its source speaks of, or for its service. */
export class RunningTrigger implements Running {
  readonly #parts: RunningParts;
  readonly #identity: TriggerIdentity;
  readonly #target: TargetStream;
  readonly #completion: Completion;
  readonly #calls = new AbortController();
  readonly #carried = new Map<string, Carried>();
  #withoutSourceSinceMs: number;
  #looking: Promise<void> | undefined;
  #lettingGo: Promise<unknown> = Promise.resolve();
  /** Those of the sources that stand still. */
  readonly #still = new Set<string>();
  #hasNews = false;
  #isStopped = false;

  constructor(parts: RunningParts, identity: TriggerIdentity) {
    this.#parts = parts;
    this.#identity = identity;
    const { account, id, definition } = identity;
    const mayEnd = definition.response.kind === 'singleton' || definition.from.kind === 'service';
    this.#target = targetOf(parts, identity, this.#calls.signal);
    this.#completion = new Completion(parts.logs, completionName(account, id), mayEnd);
    this.#withoutSourceSinceMs = parts.clock.nowMs();
    this.lookAgain();
  }

  lookAgain(): void {
    this.#hasNews = true;
    this.#looking ??= this.#look()
      .catch(this.#parts.onFailure)
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    while (this.#hasNews && !this.#isStopped) {
      this.#hasNews = false;
      for (const { loop } of this.#carried.values()) loop.lookAgain();
      const isKnown = (name: string): boolean => this.#carried.has(name);
      const { signal } = this.#calls;
      for (const source of await sourcesOf(this.#parts, this.#identity, signal, isKnown)) {
        this.#carry(source);
      }
      this.#tellOfNoSource();
    }
  }

  #tellOfNoSource(): void {
    const { state } = this;
    if (this.#carried.size > 0 || this.#isStopped || state.kind !== 'waiting') return;
    this.#parts.states.stoodStill(this.#identity, state);
  }

  #carry(source: SourceStream): void {
    if (this.#isStopped || this.#carried.has(source.name)) return;
    const { clock, retryDelayMs, onFailure } = this.#parts;
    const route = this.#routeFrom(source);
    const loop = new TriggerLoop({
      steps: route,
      watch: (onChange) => source.watch(onChange),
      onEvent: (event) => {
        this.#see(source.name, event);
      },
      retryDelayMs,
      onFailure,
    });
    const state: TriggerState = { kind: 'active', sinceMs: clock.nowMs() };
    this.#carried.set(source.name, { source, route, loop, state });
  }

  #routeFrom(source: SourceStream): Route {
    const { account, id, definition } = this.#identity;
    const { logs, messages, clock, totals } = this.#parts;
    const { shaping, start, response, onError, to } = definition;
    return new Route({
      logs,
      source,
      target: this.#target,
      shape: ({ subject, at, createdAtMs, body }) => {
        const created = createdAtMs === undefined ? '' : new Date(createdAtMs).toISOString();
        return shape(shaping, { subject, seq: at, created, stream: source.name, body });
      },
      batch: batchOf(this.#identity),
      onError,
      keepsAttempts: to.kind === 'service' || onError.kind !== 'block',
      deadLetters: deadLettersOf(this.#parts, this.#identity),
      completion: this.#completion,
      isSingle: response.kind === 'singleton',
      progressName: progressName(account, id, source.name),
      first: (head) => firstAt(messages, account, source.name, head, start),
      onProgress: totals.ofRoute(account),
      nowMs: () => clock.nowMs(),
    });
  }

  #see(source: string, event: TriggerEvent): void {
    const carried = this.#carried.get(source);
    if (carried === undefined) return;
    if (event.kind === 'waits' && event.reason === 'source-missing' && this.#isAnyStreamEnough) {
      this.#letGo(carried);
      return;
    }
    carried.state = afterEvent(carried.state, event, this.#parts.clock.nowMs());
    this.#tellOf(carried);
    // What one of them completes is complete for all.
    if (event.kind === 'completed') this.lookAgain();
  }

  #tellOf({ source, route, state }: Carried): void {
    const { states } = this.#parts;
    if ('reason' in state) {
      this.#still.add(source.name);
      const isOfNow = route.lastRefusal?.reason === state.reason;
      const { position, detail } = (isOfNow && route.lastRefusal) || {};
      states.stoodStill(this.#identity, state, { source: source.name, position, detail });
      return;
    }
    this.#still.delete(source.name);
    if (state.kind === 'completed') states.went(this.#identity, 'completed');
    else if (this.#still.size === 0) states.went(this.#identity, 'active');
  }

  /**
   * One of the streams that a wildcard speaks of is no source when it is gone, and another one may
   * capture a managed stream's subjects by now; a single durable stream is waited for.
   */
  get #isAnyStreamEnough(): boolean {
    const { from } = this.#identity.definition;
    return from.kind === 'managed' || !isLiteralAddress(from);
  }

  #letGo({ source, loop }: Carried): void {
    this.#carried.delete(source.name);
    this.#still.delete(source.name);
    this.#withoutSourceSinceMs = this.#parts.clock.nowMs();
    const carriedAgain = this.#carryIfThere(source).catch(this.#parts.onFailure);
    this.#lettingGo = Promise.all([this.#lettingGo, loop.stop(), carriedAgain]);
  }

  /** It may have been made again since it was missed, while it was still among the sources. */
  async #carryIfThere(source: SourceStream): Promise<void> {
    if ((await source.head()) !== undefined) this.#carry(source);
    this.#tellOfNoSource();
  }

  get ended(): AbortSignal {
    return this.#calls.signal;
  }

  /** Of its sources the one in the worst state counts. */
  get state(): TriggerState {
    const states = [...this.#carried.values()].map(({ state }) => state);
    for (const kind of WORST_FIRST) {
      const found = states.find((state) => state.kind === kind);
      if (found !== undefined) return found;
    }
    return { kind: 'waiting', sinceMs: this.#withoutSourceSinceMs, reason: 'source-missing' };
  }

  async sources(): Promise<readonly CarriedSource[]> {
    return await Promise.all(
      [...this.#carried.values()].map(async ({ source, route }) => ({
        name: source.name,
        source,
        progress: route.progress,
        lastRefusal: route.lastRefusal,
        head: await source.head().catch(() => undefined),
        caughtUpAtMs: route.caughtUpAtMs,
      })),
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#calls.abort();
    await this.#looking;
    await Promise.all([...this.#carried.values()].map(({ loop }) => loop.stop()));
    await this.#lettingGo;
  }
}

const WORST_FIRST = ['failed', 'completed', 'blocked', 'waiting', 'active'] as const;

/** A service is called with one record at a time, and so is the one record that completes a trigger carried. */
function batchOf({ definition }: TriggerIdentity): Batch {
  const { response, from, to } = definition;
  if (response.kind === 'chunked' && from.kind !== 'service') {
    return { messagesMax: response.chunkSize, waitMs: response.chunkWaitMs };
  }
  const isOneByOne = response.kind === 'singleton' || to.kind === 'service';
  return { messagesMax: isOneByOne ? 1 : RECORDS_MAX, waitMs: 0 };
}
