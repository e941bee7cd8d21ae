import type { ManagedConfig } from '../../src/messages/config.ts';
import type { GivenConfig } from '../../src/messages/given.ts';
import {
  ManagedService,
  type Done,
  type Published,
  type Searched,
} from '../../src/managed/managed-service.ts';
import { ManagedSweeper } from '../../src/managed/managed-sweeper.ts';
import { managedName } from '../../src/managed/names.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import type { PurgeRequest } from '../../src/managed/purge.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { ManagedHead, MessageStore } from '../../src/storage/message-port.ts';
import type { LogStore } from '../../src/storage/port.ts';
import { newMessage, ORDERS, pattern } from './managed.ts';
import { NOW_MS } from './states.ts';

/** Whose streams those are that a server without credentials shows. */
export const ACCOUNT = 'default';

/** `done`, or the code of the refusal. */
export function outcomeOf(outcome: Done | Published | Searched): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;
}

/** Messages as lines of text: sequence, subject and body. */
export function linesOf(searched: Searched): string[] {
  if (searched.kind !== 'found') throw new Error(`not found: ${searched.refusal.code}`);
  return searched.messages.map(({ seq, subject, body }) => `${seq} ${subject} ${body.toString()}`);
}

const MEMORY = { bytesMax: 1 << 30, life: 'life' };

/** An account's managed streams, in memory where no engine is given, and a clock that moves when a test moves it. */
export class ManagedAccount {
  nowMs = NOW_MS;
  readonly store: MessageStore;
  readonly trims: SubjectTrims;
  readonly service: ManagedService;
  readonly sweeper: ManagedSweeper;

  constructor(
    wrap: (store: MessageStore) => MessageStore = (store) => store,
    engine: LogStore & { readonly messages: MessageStore } = new MemoryEngine(MEMORY),
  ) {
    const clock = { nowMs: () => this.nowMs };
    this.store = wrap(engine.messages);
    this.trims = new SubjectTrims(this.store, engine);
    this.service = new ManagedService(this.store, clock, { replicasMax: 1 }, this.trims);
    this.sweeper = new ManagedSweeper(this.store, this.trims, clock);
  }

  async create(given: GivenConfig = {}): Promise<string> {
    const all = { subjects: [pattern('orders.>')], ...given };
    return outcomeOf(await this.service.create(ACCOUNT, ORDERS, all));
  }

  async put(given: GivenConfig): Promise<string> {
    return outcomeOf(await this.service.put(ACCOUNT, ORDERS, given));
  }

  /** Publishes each of the lines, a subject after `orders.` and a body, by itself. */
  async publish(...lines: readonly string[]): Promise<string> {
    for (const line of lines) {
      const [on = '', body = ''] = line.split(' ');
      const outcome = await this.service.publish(ACCOUNT, ORDERS, {
        messages: [newMessage(`orders.${on}`, body)],
        messageId: undefined,
        expectedLastSeq: undefined,
        expectedLastSubjectSeq: undefined,
      });
      if (outcome.kind !== 'published') return outcomeOf(outcome);
    }
    return 'published';
  }

  async purge(given: Partial<PurgeRequest> = {}): Promise<string> {
    const request = { keep: undefined, upToSequence: undefined, subject: undefined, ...given };
    return outcomeOf(await this.service.purge(ACCOUNT, ORDERS, request));
  }

  async seqs(): Promise<number[]> {
    const request = { search: pattern('>'), startSeq: 1, limit: 1_000_000 };
    const searched = await this.service.search(ACCOUNT, ORDERS, request);
    return searched.kind === 'found' ? searched.messages.map(({ seq }) => seq) : [];
  }

  get head(): ManagedHead {
    const head = this.store.managed(managedName(ACCOUNT, ORDERS));
    if (head === undefined) throw new Error('there is no such stream');
    return head;
  }

  get config(): ManagedConfig {
    return this.head.config;
  }
}
