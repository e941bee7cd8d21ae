import type { Answer, AnswerBody, AnswerHead, Failure } from '../services/answer.ts';
import type { Headers } from '../services/hop.ts';
import { nextLink } from '../services/link-header.ts';
import type { Question, Service, ServiceDirectory } from '../services/service.ts';
import { HOPS_HEADER } from '../triggers/hops.ts';
import type { GrantService } from './grant-service.ts';
import type { Kept } from './kept-triggers.ts';
import type { PageTokens } from './page-tokens.ts';
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
  /** Aborted when nobody waits any more, at the latest when it has been answered; ended from here with its trigger. */
  readonly waiting: AbortController;
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
  | {
      readonly kind: 'absent';
      /** What is asked by a trigger of the own account. Undefined: there is none. */
      readonly by: { readonly trigger: string; readonly asks: string } | undefined;
    }
  /** It may have been let through until now. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'bad-page' };

export interface RelayParts {
  readonly services: ServiceDirectory;
  readonly triggers: Pick<TriggerService, 'answering'> & {
    readonly grants: Pick<GrantService, 'letsTrace'>;
  };
  readonly tokens: PageTokens;
}

/** What answers on a subject. */
interface Route {
  readonly service: Service;
  readonly form: 'singleton' | 'stream' | 'chunked';
  readonly mayTrace: boolean;
  /** Aborted when it answers no more. */
  readonly ended: AbortSignal | undefined;
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
    const { waiting } = request;
    const end = (): void => {
      waiting.abort();
    };
    route.ended?.addEventListener('abort', end, { signal: waiting.signal });
    const answer = await this.#answer(request, route, page);
    return route.ended?.aborted === true ? { kind: 'paused' } : answer;
  }

  async #answer(request: RelayRequest, route: Route, page: URL | undefined): Promise<Relayed> {
    const question = questionOf(request, route, page);
    if (route.form === 'stream') return await inParts(route.service, question);
    const answer = await route.service.ask(question);
    return this.#whole(answer, request, route);
  }

  #routeOf({
    account,
    subject,
  }: RelayRequest): Route | Extract<Relayed, { kind: 'absent' | 'paused' }> {
    const { triggers, services } = this.#parts;
    const answering = triggers.answering(account, subject);
    if (answering === 'paused') return { kind: 'paused' };
    if (answering === undefined) {
      const service = services.find(account, subject);
      if (service === undefined) return { kind: 'absent', by: undefined };
      return { service, form: 'singleton', mayTrace: true, ended: undefined, id: '' };
    }
    const { trigger, ended } = answering;
    const { from, response } = trigger.definition;
    const service = services.find(trigger.account, from.pattern);
    if (service === undefined) {
      // Whom another account asks is nothing to this one.
      const isOwn = trigger.account === account;
      const by = isOwn ? { trigger: trigger.name, asks: from.pattern } : undefined;
      return { kind: 'absent', by };
    }
    const { id } = trigger;
    return { service, form: response.kind, mayTrace: this.#mayTrace(trigger), ended, id };
  }

  /** Over the border between accounts a trace goes only where the trigger and both sides let it. */
  #mayTrace(trigger: Kept): boolean {
    const { account, target, definition } = trigger;
    if (target === account) return true;
    const { source, target: given } = definition.trigger;
    const isAsked = source.allow_trace === true && given.allow_trace === true;
    return isAsked && this.#parts.triggers.grants.letsTrace(trigger);
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
  { body, headers, trace, hops, waiting }: RelayRequest,
  { mayTrace }: Route,
  page: URL | undefined,
): Question {
  return {
    body: page === undefined ? body : undefined,
    headers: { ...headers, ...(mayTrace ? trace : {}), [HOPS_HEADER]: hops },
    page,
    timeoutMs: undefined,
    signal: waiting.signal,
  };
}

/** What a token is good for: the pages of this answer, for this account. */
function answerOf({ account, subject }: RelayRequest, { id }: Route): string {
  return [account, subject, id].join('\0');
}
