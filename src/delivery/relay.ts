import type { Answer, AnswerBody, AnswerHead, Failure } from '../services/answer.ts';
import type { Headers } from '../services/hop.ts';
import { nextLink } from '../services/link-header.ts';
import type { Question, Service, ServiceDirectory } from '../services/service.ts';
import { HOPS_HEADER } from '../triggers/hops.ts';
import { targetAccount } from '../triggers/trigger.ts';
import type { PageTokens } from './page-tokens.ts';
import type { TriggerIdentity } from './running.ts';
import type { TriggerService } from './trigger-service.ts';

/** What is asked of whatever answers on a subject. */
export interface RelayRequest {
  readonly account: string;
  readonly subject: string;
  /** Undefined: nothing is sent. */
  readonly body: Buffer | undefined;
  readonly headers: Headers;
  /** Trace context, which does not cross every border. */
  readonly trace: Headers;
  /** What the call says of them (hops.ts). */
  readonly hops: string;
  /** A token of an answer before. */
  readonly page: string | undefined;
  readonly signal: AbortSignal;
}

/** An answer, as far as it is handed on. */
interface RelayedHead {
  readonly status: number;
  readonly contentType: string | undefined;
}

export type Relayed =
  | (RelayedHead & {
      readonly kind: 'whole';
      readonly body: Buffer;
      /** What the next page is asked for by. */
      readonly next: string | undefined;
    })
  | (RelayedHead & { readonly kind: 'parts'; readonly body: AnswerBody })
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'absent' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'bad-page' };

export interface RelayParts {
  readonly services: ServiceDirectory;
  readonly triggers: Pick<TriggerService, 'answering'>;
  readonly tokens: PageTokens;
}

/** What answers on a subject. */
interface Route {
  readonly service: Service;
  readonly form: 'singleton' | 'stream' | 'chunked';
  readonly mayTrace: boolean;
  /** Names it among all that answer with pages. */
  readonly id: string;
}

/** Hands requests made on a subject to the service that answers there, and its answers back. */
export class Relay {
  readonly #parts: RelayParts;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  async ask(request: RelayRequest): Promise<Relayed> {
    const route = this.#routeOf(request);
    if ('kind' in route) return route;
    const page = this.#pageOf(request, route);
    if (page === null) return { kind: 'bad-page' };
    const question = questionOf(request, route, page);
    if (route.form === 'stream') return await inParts(route.service, question);
    const answer = await route.service.ask(question);
    return this.#whole(answer, request, route);
  }

  #routeOf({
    account,
    subject,
  }: RelayRequest): Route | Extract<Relayed, { kind: 'absent' | 'paused' }> {
    const trigger = this.#parts.triggers.answering(account, subject);
    if (trigger === 'paused') return { kind: 'paused' };
    const owner = trigger?.account ?? account;
    const service = this.#parts.services.find(owner, trigger?.definition.from.pattern ?? subject);
    if (service === undefined) return { kind: 'absent' };
    if (trigger === undefined) return { service, form: 'singleton', mayTrace: true, id: '' };
    const form = trigger.definition.response.kind;
    return { service, form, mayTrace: mayTrace(trigger), id: trigger.id };
  }

  /** Null: the token is none of ours, or there are no pages. */
  #pageOf(request: RelayRequest, route: Route): URL | undefined | null {
    if (request.page === undefined) return undefined;
    if (route.form !== 'chunked') return null;
    return this.#parts.tokens.open(request.page, answerOf(request, route)) ?? null;
  }

  #whole(answer: Answer, request: RelayRequest, route: Route): Relayed {
    if (answer.kind !== 'answered') return { kind: 'failed', failure: answer };
    const { headers, url, body } = answer;
    const next = route.form === 'chunked' ? nextLink(headers.get('link'), url) : undefined;
    const token = next && this.#parts.tokens.seal(next, answerOf(request, route));
    return { kind: 'whole', ...headOf(answer), body, next: token };
  }
}

async function inParts(service: Service, question: Question): Promise<Relayed> {
  const answer = await service.askInParts(question);
  if (answer.kind !== 'answered') return { kind: 'failed', failure: answer };
  return { kind: 'parts', ...headOf(answer), body: answer.body };
}

function headOf({ status, headers }: AnswerHead): RelayedHead {
  return { status, contentType: headers.get('content-type') };
}

/** A page is asked for without a body: it is a part of what was answered to one. */
function questionOf(
  { body, headers, trace, hops, signal }: RelayRequest,
  { mayTrace }: Route,
  page: URL | undefined,
): Question {
  return {
    body: page === undefined ? body : undefined,
    headers: { ...headers, ...(mayTrace ? trace : {}), [HOPS_HEADER]: hops },
    page,
    timeoutMs: undefined,
    signal,
  };
}

/** Over the border between accounts a trace goes only where both sides let it. */
function mayTrace({ account, definition: { trigger } }: TriggerIdentity): boolean {
  const { source, target } = trigger;
  const isWithin = targetAccount(account, trigger) === account;
  return isWithin || (source.allow_trace === true && target.allow_trace === true);
}

/** What a token is good for: the pages of this answer, for this account. */
function answerOf({ account, subject }: RelayRequest, { id }: Route): string {
  return [account, subject, id].join('\0');
}
