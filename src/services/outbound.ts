import type { IncomingMessage } from 'node:http';
import { Agents, type AgentLimits } from './agents.ts';
import {
  unreachableFor,
  type Answer,
  type AnswerHead,
  type AnswerInParts,
  type Failure,
} from './answer.ts';
import { BoundedBody, collectBody } from './bounded-body.ts';
import { checkedLookup, type Resolve } from './checked-lookup.ts';
import { Cut } from './cut.ts';
import { isServiceHeader, redirected, type Headers, type Hop } from './hop.ts';
import { boundedResolve } from './names.ts';
import { OriginGate } from './origin-gate.ts';
import type { AddressRules } from './safe-address.ts';
import { sendHop, type Wiring } from './send-hop.ts';
import { parseServiceUrl } from './service-url.ts';

export interface OutboundSettings extends AgentLimits {
  readonly addresses: AddressRules;
  readonly resolve: Resolve;
  /** Looking the name up, the connection, and TLS; of each redirect anew. */
  readonly connectTimeoutMs: number;
  readonly headBytesMax: number;
  /** Calls under way at once, those that wait for a connection included. */
  readonly callsMax: number;
  /** Those that wait for one to the same origin: one that hangs must not take all calls. */
  readonly waitingPerOriginMax: number;
  readonly lookupsMax: number;
  /** Certificates of authorities to trust instead of the usual ones, in PEM. */
  readonly ca: string | undefined;
}

export interface CallBase {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  /** Undefined: none. */
  readonly body: Buffer | undefined;
  /** 0: an answer that redirects is the answer. */
  readonly redirectsMax: number;
  /** Of the answer's body. Beyond it the connection is cut. */
  readonly bytesMax: number;
  readonly signal: AbortSignal | undefined;
}

export interface Call extends CallBase {
  /** From the call to the last byte of its answer. Below 2^31. */
  readonly timeoutMs: number;
}

export interface CallInParts extends CallBase {
  /** From the call to the head of its answer, and then for each part. Below 2^31. */
  readonly idleTimeoutMs: number;
}

interface Landed extends AnswerHead {
  readonly kind: 'landed';
  readonly response: IncomingMessage;
}

/** Calls HTTP services whose URLs are strangers' choice. Never rejects. */
export class Outbound {
  readonly #settings: OutboundSettings;
  readonly #wiring: Wiring;
  readonly #underWay = new Set<Cut>();
  #isClosed = false;

  constructor(settings: OutboundSettings) {
    this.#settings = settings;
    const resolve = boundedResolve(settings.resolve, settings.lookupsMax);
    this.#wiring = {
      agents: new Agents(settings),
      gate: new OriginGate(settings.socketsPerOriginMax, settings.waitingPerOriginMax),
      lookup: checkedLookup(resolve, settings.addresses),
      connectTimeoutMs: settings.connectTimeoutMs,
      headBytesMax: settings.headBytesMax,
      ca: settings.ca,
    };
  }

  /** Connections that are open, in use or kept for the next call. */
  get sockets(): number {
    return this.#wiring.agents.sockets;
  }

  get callsUnderWay(): number {
    return this.#underWay.size;
  }

  /** The whole answer. */
  async call(call: Call): Promise<Answer> {
    const begun = this.#begin(call.signal);
    if ('kind' in begun) return begun;
    const { cut, end } = begun;
    const timer = timeOut(cut, call.timeoutMs);
    try {
      const landed = await this.#follow(call, cut);
      if (landed.kind !== 'landed') return landed;
      const { status, headers, url, response } = landed;
      const body = await collectBody(response, call.bytesMax, cut);
      return Buffer.isBuffer(body) ? { kind: 'answered', status, headers, url, body } : body;
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  /** The answer's head, with the body to come. */
  async callInParts(call: CallInParts): Promise<AnswerInParts> {
    const begun = this.#begin(call.signal);
    if ('kind' in begun) return begun;
    const { cut, end } = begun;
    const timer = timeOut(cut, call.idleTimeoutMs);
    const landed = await this.#follow(call, cut);
    clearTimeout(timer);
    if (landed.kind !== 'landed') {
      end();
      return landed;
    }
    const { status, headers, url, response } = landed;
    return {
      kind: 'answered',
      status,
      headers,
      url,
      body: new BoundedBody(response, call, cut, end),
    };
  }

  /** Ends every call and every connection. */
  close(): void {
    this.#isClosed = true;
    for (const cut of this.#underWay) cut.because(unreachableFor('stopped'));
    this.#wiring.agents.destroy();
  }

  #begin(signal: AbortSignal | undefined): { cut: Cut; end: () => void } | Failure {
    if (this.#isClosed || signal?.aborted === true) return unreachableFor('stopped');
    if (this.#underWay.size >= this.#settings.callsMax) return unreachableFor('busy');
    const cut = new Cut();
    const stop = (): void => {
      cut.because(unreachableFor('stopped'));
    };
    this.#underWay.add(cut);
    signal?.addEventListener('abort', stop);
    const end = (): void => {
      this.#underWay.delete(cut);
      signal?.removeEventListener('abort', stop);
    };
    return { cut, end };
  }

  async #follow(call: CallBase, cut: Cut): Promise<Landed | Failure> {
    const { addresses } = this.#settings;
    const first = firstHop(call, addresses);
    if ('kind' in first) return first;
    let hop = first;
    for (let redirects = 0; ; redirects += 1) {
      const sent = await sendHop(hop, this.#wiring, cut);
      if (sent.kind !== 'responded') return sent;
      const { response } = sent;
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      const next =
        call.redirectsMax === 0 ? undefined : redirected(hop, status, location, addresses);
      if (next === undefined) {
        return { kind: 'landed', status, headers: headersOf(response), url: hop.url, response };
      }
      response.destroy();
      if ('kind' in next) return next;
      if (redirects === call.redirectsMax) return unreachableFor('too-many-redirects');
      hop = next;
    }
  }
}

function firstHop(
  { url: text, method, headers, body }: CallBase,
  rules: AddressRules,
): Hop | Failure {
  const parsed = parseServiceUrl(text, rules);
  if (!parsed.ok) return parsed.failure;
  const unfit = Object.entries(headers).find(([name, value]) => !isServiceHeader(name, value));
  if (unfit !== undefined) return { kind: 'invalid-header', name: unfit[0] };
  return { url: parsed.url, method, headers, body };
}

function headersOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return joined;
}

function timeOut(cut: Cut, afterMs: number): NodeJS.Timeout {
  return setTimeout(() => {
    cut.because({ kind: 'timed-out' });
  }, afterMs);
}
