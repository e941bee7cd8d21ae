import { expect } from 'vitest';
import type { GivenConfig } from '../../../src/messages/given.ts';
import { ManagedService } from '../../../src/managed/managed-service.ts';
import { ManagedSweeper } from '../../../src/managed/managed-sweeper.ts';
import { managedName } from '../../../src/managed/names.ts';
import type { ManagedRefused } from '../../../src/managed/refusal.ts';
import { SubjectTrims } from '../../../src/managed/subject-trims.ts';
import type { MessageStore } from '../../../src/storage/message-port.ts';
import type { LogStore } from '../../../src/storage/port.ts';
import { newMessage, ORDERS, pattern } from '../../support/managed.ts';
import { ACCOUNT } from '../../support/managed-account.ts';
import { NOW_MS } from '../../support/states.ts';
import {
  LimitedStream,
  type Limits,
  type ModelMessage,
  type ModelPurge,
  type NewModelMessage,
} from './model.ts';
import type { Step } from './steps.ts';

const NAME = managedName(ACCOUNT, ORDERS);

/** The name of the limit that refused, as a user knows it. */
function limitOf({ refusal }: ManagedRefused): string {
  if (refusal.code === 'limit-reached') return refusal.limit;
  return refusal.code === 'message-too-large' ? 'max_msg_size' : refusal.code;
}

/** A managed stream and its model, to which the same happens. */
export class LimitedPair {
  readonly model: LimitedStream;
  nowMs = NOW_MS;
  readonly #store: MessageStore;
  readonly #service: ManagedService;
  readonly #sweeper: ManagedSweeper;

  constructor(store: MessageStore, logs: LogStore, limits: Limits) {
    const clock = { nowMs: () => this.nowMs };
    const trims = new SubjectTrims(store, logs);
    this.#store = store;
    this.#service = new ManagedService(store, clock, { replicasMax: 1 }, trims);
    this.#sweeper = new ManagedSweeper(store, trims, clock);
    this.model = new LimitedStream(limits);
  }

  async create(): Promise<void> {
    const given: GivenConfig = { ...this.model.limits, subjects: [pattern('>')] };
    expect(await this.#service.create(ACCOUNT, ORDERS, given)).toEqual({ kind: 'done' });
  }

  /** Takes a step, whose outcome has to be the model's. */
  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'publish':
        return this.#publish(step.batch);
      case 'delete': {
        const seqs = step.places.map((place) => this.seqAt(place));
        this.model.remove(seqs);
        this.#done(await this.#service.removeMessages(ACCOUNT, ORDERS, seqs));
        return;
      }
      case 'purge':
        return this.#purge(step.request, step.upToPlace);
      case 'time':
        this.nowMs += step.ms;
        return;
      case 'sweep':
        this.model.dropAged(this.nowMs);
        await this.#sweeper.sweep();
        return;
      case 'configure':
        this.model.configure({ ...this.model.limits, ...step.limits }, this.nowMs);
        this.#done(await this.#service.put(ACCOUNT, ORDERS, step.limits));
        return;
    }
  }

  seqAt(place: number): number {
    const first = this.model.messages[0]?.seq ?? this.model.lastSeq;
    return Math.round(first + place * (this.model.lastSeq - first));
  }

  #done(outcome: { readonly kind: string }): void {
    expect(outcome).toEqual({ kind: 'done' });
  }

  async #publish(batch: readonly NewModelMessage[]): Promise<void> {
    const firstSeq = this.model.lastSeq + 1;
    const expected = this.model.publish(batch, this.nowMs);
    const outcome = await this.#service.publish(ACCOUNT, ORDERS, {
      messages: batch.map(({ subject, body }) => newMessage(subject, body)),
      messageId: undefined,
      expectedLastSeq: undefined,
      expectedLastSubjectSeq: undefined,
    });
    expect(outcome.kind === 'refused' ? limitOf(outcome) : outcome.kind).toBe(expected);
    if (outcome.kind !== 'published') return;
    expect(outcome).toMatchObject({ firstSeq, lastSeq: this.model.lastSeq });
  }

  async #purge(request: ModelPurge, upToPlace: number | undefined): Promise<void> {
    const upTo = upToPlace === undefined ? {} : { upToSequence: this.seqAt(upToPlace) };
    const all: ModelPurge = { ...request, ...upTo };
    this.model.purge(all);
    const { keep, upToSequence, subject } = all;
    const filter = subject === undefined ? undefined : pattern(subject);
    const purge = { keep, upToSequence, subject: filter };
    this.#done(await this.#service.purge(ACCOUNT, ORDERS, purge));
  }

  async stored(): Promise<ModelMessage[]> {
    const request = { search: pattern('>'), startSeq: 1, limit: 1000 };
    const found = await this.#service.search(ACCOUNT, ORDERS, request);
    if (found.kind !== 'found') throw new Error(`not found: ${found.refusal.code}`);
    return found.messages.map(({ seq, subject, body, createdAtMs }) => {
      return { subject, body: body.toString(), seq, atMs: createdAtMs };
    });
  }

  /** All that can be seen of the stream is what the model says. */
  async compare(): Promise<void> {
    const { messages, bytes, lastSeq, counts } = this.model;
    expect(this.#service.get(ACCOUNT, ORDERS)).toMatchObject({
      messages: messages.length,
      bytes,
      firstSeq: messages[0]?.seq ?? lastSeq + 1,
      lastSeq,
      subjects: Object.keys(counts).length,
    });
    expect(await this.stored()).toEqual(messages);
    const counted = await this.#store.subjectCounts(NAME, pattern('>'), 1000);
    expect(Object.fromEntries(counted.map((each) => [each.subject, each.messages]))).toEqual(
      counts,
    );
  }
}
