import { shape } from '../triggers/shape.ts';
import { afterEvent, type TriggerEvent, type TriggerState } from '../triggers/trigger-state.ts';
import { targetAccount } from '../triggers/trigger.ts';
import type { Address, Endpoint } from '../triggers/address.ts';
import { streamRef, BASE_BUCKET } from '../streams/names.ts';
import type { CarryingParts } from '../streams/carrying.ts';
import { must } from '../lib/assert.ts';
import { DurableTarget } from './durable-target.ts';
import { ManagedTarget } from './managed-target.ts';
import { progressName } from './names.ts';
import { Route } from './route.ts';
import type { CarriedSource, Running, TriggerIdentity } from './running.ts';
import type { SourceStream } from './source.ts';
import { findSources, type SourceParts } from './source-finder.ts';
import { firstAt } from './starting.ts';
import type { TargetStream } from './target.ts';
import { TriggerLoop } from './trigger-loop.ts';

export interface RunningParts extends SourceParts {
  readonly carrying: CarryingParts;
  /** How long to wait before a refused delivery is tried again, by how often it was refused. */
  readonly retryDelayMs: (attempt: number) => number;
  readonly onFailure: (error: unknown) => void;
}

interface Carried {
  readonly source: SourceStream;
  readonly route: Route;
  readonly loop: TriggerLoop;
  state: TriggerState;
}

/** A trigger that carries: one route for each stream that its source speaks of. */
export class RunningTrigger implements Running {
  readonly #parts: RunningParts;
  readonly #identity: TriggerIdentity;
  readonly #target: TargetStream;
  readonly #carried = new Map<string, Carried>();
  readonly #begunAtMs: number;
  #looking: Promise<void> | undefined;
  #hasNews = false;
  #isStopped = false;

  constructor(parts: RunningParts, identity: TriggerIdentity) {
    this.#parts = parts;
    this.#identity = identity;
    this.#target = targetOf(parts, identity);
    this.#begunAtMs = parts.clock.nowMs();
    this.lookAgain();
  }

  /** Streams that it takes from or delivers to may have been made or changed. */
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
      const { account, definition } = this.#identity;
      for (const source of await findSources(this.#parts, account, streamsOf(definition.from))) {
        this.#carry(source);
      }
    }
  }

  #carry(source: SourceStream): void {
    if (this.#isStopped || this.#carried.has(source.name)) return;
    const { account, id, definition } = this.#identity;
    const { logs, messages, clock, retryDelayMs, onFailure } = this.#parts;
    const { shaping, start } = definition;
    const route = new Route({
      logs,
      source,
      target: this.#target,
      shape: ({ subject, at, createdAtMs, body }) => {
        const created = createdAtMs === undefined ? '' : new Date(createdAtMs).toISOString();
        return shape(shaping, { subject, seq: at, created, stream: source.name, body });
      },
      progressName: progressName(account, id, source.name),
      first: (head) => firstAt(messages, account, source.name, head, start),
    });
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

  #see(source: string, event: TriggerEvent): void {
    const carried = this.#carried.get(source);
    if (carried === undefined) return;
    carried.state = afterEvent(carried.state, event, this.#parts.clock.nowMs());
  }

  /** Of its sources the one in the worst state counts. */
  get state(): TriggerState {
    const states = [...this.#carried.values()].map(({ state }) => state);
    for (const kind of WORST_FIRST) {
      const found = states.find((state) => state.kind === kind);
      if (found !== undefined) return found;
    }
    return { kind: 'waiting', sinceMs: this.#begunAtMs, reason: 'source-missing' };
  }

  async sources(): Promise<readonly CarriedSource[]> {
    return await Promise.all(
      [...this.#carried.values()].map(async ({ source, route }) => ({
        name: source.name,
        progress: route.progress,
        head: await source.head().catch(() => undefined),
      })),
    );
  }

  /** Resolves when nothing is carried any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#looking;
    await Promise.all([...this.#carried.values()].map(({ loop }) => loop.stop()));
  }
}

const ONE_STREAM = 'a target names one durable stream';
const WORST_FIRST = ['failed', 'blocked', 'waiting', 'active'] as const;

function targetOf(parts: RunningParts, { account, definition }: TriggerIdentity): TargetStream {
  const { trigger, to } = definition;
  const owner = targetAccount(account, trigger);
  const { clock, messages, carrying } = parts;
  const address = streamsOf(to);
  if (address.kind === 'managed') return new ManagedTarget(messages, owner, () => clock.nowMs());
  return new DurableTarget(carrying, refOf(owner, address));
}

function streamsOf(endpoint: Endpoint): Address {
  if (endpoint.kind === 'service') throw new Error('invariant broken: services are not carried');
  return endpoint;
}

function refOf(account: string, { bucket, stream }: Extract<Address, { kind: 'durable' }>) {
  const names = { bucket: must(bucket, ONE_STREAM), stream: must(stream, ONE_STREAM) };
  return names.bucket === BASE_BUCKET
    ? streamRef(account, { kind: 'base', stream: names.stream })
    : streamRef(account, { kind: 'bucket', ...names });
}
