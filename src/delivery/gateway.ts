import { TokenBucket } from '../lib/token-bucket.ts';
import type { GatewayDefinition } from '../triggers/gateway-definition.ts';
import type { TriggerName } from '../triggers/trigger.ts';
import type { Landed, Landing } from './landing.ts';

export interface GatewayIdentity {
  readonly account: string;
  readonly id: string;
  readonly definition: GatewayDefinition;
}

/** What has become of a gateway's requests since the server was started. */
export interface GatewayCounts {
  /** Of those who may make them, whatever became of them. */
  readonly requests: number;
  /** Refused by the gateway's own limit. */
  readonly limited: number;
  /** Neither stored nor answered by the service. */
  readonly failed: number;
}

/** A gateway trigger as it is kept. */
export class Gateway {
  readonly account: string;
  readonly id: string;
  readonly name: TriggerName;
  readonly definition: GatewayDefinition;
  isPaused: boolean;
  /** When it was taken up, paused or resumed. */
  sinceMs: number;
  /** It was deleted: whoever still holds it must let it be. */
  isDeleted = false;
  readonly #landing: Landing;
  readonly #bucket: TokenBucket | undefined;
  readonly #underWay = new Set<Promise<Landed>>();
  #requests = 0;
  #limited = 0;
  #failed = 0;

  constructor(
    { account, id, definition }: GatewayIdentity,
    state: { readonly isPaused: boolean; readonly sinceMs: number },
    landing: Landing,
    monotonicMs: number,
  ) {
    this.account = account;
    this.id = id;
    this.definition = definition;
    this.name = definition.trigger.name;
    this.isPaused = state.isPaused;
    this.sinceMs = state.sinceMs;
    this.#landing = landing;
    const { limit } = definition;
    this.#bucket = limit && new TokenBucket(limit.request, limit.time, monotonicMs);
  }

  get counts(): GatewayCounts {
    return { requests: this.#requests, limited: this.#limited, failed: this.#failed };
  }

  /** Counts a request; 0 where the limit lets it through, or how long it is until one may come. */
  admit(monotonicMs: number): number {
    this.#requests += 1;
    const waitMs = this.#bucket?.take(monotonicMs) ?? 0;
    if (waitMs > 0) this.#limited += 1;
    return waitMs;
  }

  countFailure(): void {
    this.#failed += 1;
  }

  /** Puts a record where the gateway's requests go. */
  async put(record: Buffer): Promise<Landed> {
    const putting = this.#landing.put(record);
    this.#underWay.add(putting);
    try {
      return await putting;
    } finally {
      this.#underWay.delete(putting);
    }
  }

  /** Resolves when no record is on its way any more of those that were. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }
}
