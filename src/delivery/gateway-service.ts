import type { Clock } from '../lib/clock.ts';
import type { ManagedRefused } from '../managed/refusal.ts';
import { subjectMatcher, type SubjectPattern } from '../subjects/subject.ts';
import { parseGatewayDefinition, type GatewayDefinition } from '../triggers/gateway-definition.ts';
import type { GatewayPath } from '../triggers/gateway-path.ts';
import {
  decodeGatewayRecord,
  encodeGatewayRecord,
  type GatewayRecord,
} from '../triggers/gateway-record.ts';
import type { Misfit } from '../triggers/field-reader.ts';
import type { Standing } from '../triggers/standing-record.ts';
import { isTriggerName, type TriggerName } from '../triggers/trigger.ts';
import { configSubject, type ConfigStream } from './config-stream.ts';
import { Gateway } from './gateway.ts';
import { KeptGateways, type GatewaysAt } from './kept-gateways.ts';
import type { Landing } from './landing.ts';
import type { Changed } from './trigger-outcomes.ts';
import { Turns } from './turns.ts';

export interface GatewayServiceParts {
  readonly config: ConfigStream;
  readonly clock: Clock;
  /** Milliseconds that never step back. */
  readonly monotonicMs: () => number;
  /** A name that no trigger had before. */
  readonly mintId: () => string;
  /** What takes the records of a gateway to where they belong. */
  readonly landingOf: (account: string, definition: GatewayDefinition) => Landing;
}

export type GatewayCreated =
  | { readonly kind: 'created'; readonly definition: GatewayDefinition }
  | { readonly kind: 'unfit'; readonly misfit: Misfit }
  | { readonly kind: 'name-in-use' }
  /** Some gateway is served there, be it of another account. */
  | { readonly kind: 'path-in-use' }
  | { readonly kind: 'too-many'; readonly triggersMax: number }
  | ManagedRefused;

/** Of one account. */
export const GATEWAYS_MAX = 1000;

const DONE: Changed = { kind: 'done' };
const ABSENT: Changed = { kind: 'absent' };

/** The gateway triggers of all accounts: kept on record, and found by where they are served. */
export class GatewayService {
  readonly #parts: GatewayServiceParts;
  readonly #kept = new KeptGateways();
  readonly #turns = new Turns();

  constructor(parts: GatewayServiceParts) {
    this.#parts = parts;
  }

  /** Takes up what was left. Records that cannot be read are told of, and are no triggers. */
  async start(onUnreadable: (account: string, name: string) => void): Promise<void> {
    for (const { account, topic, text } of await this.#parts.config.load('gateway', onUnreadable)) {
      const record = isTriggerName(topic) ? decodeGatewayRecord(text) : undefined;
      if (record === undefined) onUnreadable(account, topic);
      else if (record.kind === 'standing') this.#keep(account, record);
    }
  }

  #keep(account: string, { id, definition, isPaused }: Standing<GatewayDefinition>): void {
    const { clock, monotonicMs, landingOf } = this.#parts;
    const state = { isPaused, sinceMs: clock.nowMs() };
    const landing = landingOf(account, definition);
    this.#kept.add(new Gateway({ account, id, definition }, state, landing, monotonicMs()));
  }

  create(account: string, given: unknown): Promise<GatewayCreated> {
    return this.#turns.take(() => this.#create(account, given));
  }

  async #create(account: string, given: unknown): Promise<GatewayCreated> {
    const read = parseGatewayDefinition(given);
    if (!read.ok) return { kind: 'unfit', misfit: read.misfit };
    const { definition } = read;
    const { trigger, path, method } = definition;
    if (this.#kept.get(account, trigger.name) !== undefined) return { kind: 'name-in-use' };
    if (this.#kept.at(path)?.has(method) === true) return { kind: 'path-in-use' };
    if (this.#kept.of(account).length >= GATEWAYS_MAX) {
      return { kind: 'too-many', triggersMax: GATEWAYS_MAX };
    }
    const unmade = await this.#parts.config.ensure(account);
    if (unmade !== undefined) return unmade;
    const id = this.#parts.mintId();
    const record = { kind: 'standing', id, isPaused: false, definition } as const;
    const unwritten = await this.#write(account, trigger.name, record);
    if (unwritten !== undefined) return unwritten;
    this.#keep(account, record);
    return { kind: 'created', definition };
  }

  #write(
    account: string,
    name: TriggerName,
    record: GatewayRecord,
  ): Promise<ManagedRefused | undefined> {
    const subject = configSubject('gateway', name);
    return this.#parts.config.write(account, subject, encodeGatewayRecord(record));
  }

  /** Those whose subject of configuration the pattern matches, by name. */
  list(account: string, pattern: SubjectPattern): readonly Gateway[] {
    const isMeant = subjectMatcher(pattern);
    return this.#kept
      .of(account)
      .filter(({ name }) => isMeant(configSubject('gateway', name)))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  get(account: string, name: TriggerName): Gateway | undefined {
    return this.#kept.get(account, name);
  }

  /** What is served at a path, of all accounts. */
  at(path: GatewayPath): GatewaysAt | undefined {
    return this.#kept.at(path);
  }

  /** Final: no request becomes a record any more once it resolves. The history stays. */
  remove(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, async (found) => {
      const unwritten = await this.#write(account, name, { kind: 'deleted' });
      if (unwritten !== undefined) return unwritten;
      found.isDeleted = true;
      this.#kept.delete(found);
      await found.settle();
      return DONE;
    });
  }

  pause(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, (found) => this.#setPaused(found, true));
  }

  resume(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, (found) => this.#setPaused(found, false));
  }

  async #setPaused(found: Gateway, isPaused: boolean): Promise<Changed> {
    if (found.isPaused === isPaused) return DONE;
    const { account, name, id, definition } = found;
    const record = { kind: 'standing', id, isPaused, definition } as const;
    const unwritten = await this.#write(account, name, record);
    if (unwritten !== undefined) return unwritten;
    found.isPaused = isPaused;
    found.sinceMs = this.#parts.clock.nowMs();
    await found.settle();
    return DONE;
  }

  #change(
    account: string,
    name: TriggerName,
    change: (found: Gateway) => Promise<Changed>,
  ): Promise<Changed> {
    return this.#turns.take(async () => {
      const found = this.#kept.get(account, name);
      return found === undefined ? ABSENT : await change(found);
    });
  }

  /** Resolves when the last change is stored. */
  async stop(): Promise<void> {
    await this.#turns.close();
  }
}
