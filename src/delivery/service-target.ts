import type { NewMessage } from '../messages/config.ts';
import type { LogStore, Op } from '../storage/port.ts';
import type { Subject } from '../subjects/subject.ts';
import type { Answer, Answered } from '../services/answer.ts';
import { classify, nextDelayMs, retryAfterMs } from '../services/retry.ts';
import type { Service, ServiceDirectory } from '../services/service.ts';
import { FIRST_HOP } from '../triggers/hops.ts';
import { jsonOf } from './answer-text.ts';
import { detailOf } from './service-detail.ts';
import type { Origin, TargetStream } from './target.ts';
import { verdictOfStore, type Verdict, type Waiting } from './verdict.ts';

export interface ServiceTargetParts {
  readonly services: ServiceDirectory;
  readonly logs: LogStore;
  /** Whose services. */
  readonly account: string;
  readonly trigger: { readonly name: string; readonly id: string };
  /** Where answers go. Undefined: nowhere. */
  readonly reply: { readonly subject: Subject; readonly target: TargetStream } | undefined;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Ends calls that are under way. */
  readonly signal: AbortSignal;
}

const MISSING: Verdict = { kind: 'waiting', reason: 'service-missing' };

/**
 * The services of an account, called with one record at a time. A record whose call was answered may
 * be sent again when the server is killed before that is stored: its id is the same then.
 */
export class ServiceTarget implements TargetStream {
  readonly #parts: ServiceTargetParts;
  /** Answers that wait for their stream to take them, by source: its records come one by one. */
  readonly #unstored = new Map<string, { readonly id: string; readonly body: Buffer }>();
  /** It has asked to be left alone. */
  #rest = { fromMs: 0, forMs: 0 };

  constructor(parts: ServiceTargetParts) {
    this.#parts = parts;
  }

  async deliver(
    [record]: readonly NewMessage[],
    moves: readonly Op[],
    origin: Origin,
  ): Promise<Verdict> {
    const { services, account } = this.#parts;
    if (record === undefined) return MISSING;
    const id = this.#idOf(origin);
    const unstored = this.#unstored.get(origin.source);
    if (unstored?.id === id) return await this.#store(id, unstored.body, moves, origin);
    // That record was given up, or went with its stream.
    this.#unstored.delete(origin.source);
    const service = services.find(account, record.subject);
    if (service === undefined) return MISSING;
    const restMs = this.#restMs(this.#parts.nowMs());
    if (restMs > 0) return { kind: 'waiting', reason: 'service-busy', retryAfterMs: restMs };
    const answer = await this.#call(service, record, id, origin);
    switch (classify(answer)) {
      case 'done':
        return await this.#store(id, bodyOf(answer), moves, origin);
      case 'try-again':
        // It was not the service that failed: the call was not made, or was cut off from here.
        if (isOurs(answer))
          return { kind: 'waiting', reason: 'service-busy', detail: detailOf(answer) };
        return this.#later(answer, origin.attempt);
      case 'records-fault':
        return { kind: 'fault', reason: 'service-refused', detail: detailOf(answer) };
    }
  }

  /** A clock that has stepped back since then says nothing of how much of it is left. */
  #restMs(nowMs: number): number {
    const { fromMs, forMs } = this.#rest;
    return nowMs < fromMs ? 0 : fromMs + forMs - nowMs;
  }

  /** The same for every attempt, and for no other record. */
  #idOf({ source, incarnation, at }: Origin): string {
    return `${this.#parts.trigger.id}.${inAscii(source)}.${inAscii(incarnation)}.${at}`;
  }

  #call(service: Service, record: NewMessage, id: string, origin: Origin): Promise<Answer> {
    const { trigger, signal } = this.#parts;
    return service.ask({
      body: record.body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-attempt': String(origin.attempt),
        ...FIRST_HOP,
        'millrace-trigger': trigger.name,
        'millrace-subject': inAscii(record.subject),
        'millrace-source': inAscii(origin.source),
        'millrace-position': String(origin.at),
      },
      page: undefined,
      timeoutMs: undefined,
      signal,
    });
  }

  /** The service is not called again because its answer, or that it has answered, finds no room. */
  async #store(id: string, body: Buffer, moves: readonly Op[], origin: Origin): Promise<Verdict> {
    this.#unstored.set(origin.source, { id, body });
    const verdict = await this.#keep(body, moves, origin);
    if (verdict.kind !== 'waiting') this.#unstored.delete(origin.source);
    return verdict;
  }

  async #keep(body: Buffer, moves: readonly Op[], origin: Origin): Promise<Verdict> {
    const { reply, logs } = this.#parts;
    if (reply !== undefined) {
      const message = { subject: reply.subject, body: jsonOf(body) };
      return await reply.target.deliver([message], moves, origin);
    }
    const outcome = await logs.commit(moves);
    if (outcome.kind === 'stored') return { kind: 'delivered' };
    return outcome.kind === 'conflict' ? { kind: 'moved' } : verdictOfStore(outcome.reason);
  }

  #later(answer: Answer, attempt: number): Waiting {
    const { nowMs, random } = this.#parts;
    const now = nowMs();
    const askedMs = retryAfterMs(answer, now);
    if (askedMs !== undefined) this.#rest = { fromMs: now, forMs: askedMs };
    const delayMs = nextDelayMs(attempt, answer, random, now);
    return {
      kind: 'waiting',
      reason: 'service-failed',
      detail: detailOf(answer),
      retryAfterMs: delayMs,
    };
  }
}

function isOurs(answer: Answer): boolean {
  if (answer.kind !== 'unreachable') return false;
  return answer.reason === 'busy' || answer.reason === 'stopped';
}

function bodyOf(answer: Answer | Answered): Buffer {
  return answer.kind === 'answered' ? answer.body : Buffer.alloc(0);
}

/** As a header may say it. */
function inAscii(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}
