import type { Answer } from '../http/client.ts';
import { freshName, type Served } from '../http/engines.ts';
import { EventStream } from '../http/event-stream.ts';
import type { HeldClock } from '../http/held-clock.ts';
import { Model, offsetText, type Expected, type ModelLimits } from '../model.ts';
import { Comparison, Difference, same } from './comparison.ts';
import { Requests } from './requests-of.ts';
import type { ModelFrom } from './requests.ts';
import type { Step } from './steps.ts';
import { toPost, toPut } from './to-http.ts';
import { inWords } from './words.ts';

/** Reads extend a sliding lifetime of 1000 s by up to a minute more: no wait ends in that minute. */
export const WAIT_MS = 300_000;

const PLAIN = {
  kind: 'create',
  body: '[1,2]',
  closes: false,
  streamSeq: undefined,
  producer: undefined,
  ifMatch: 'none',
  lifetime: 'none',
  ifNoneMatch: false,
  fork: undefined,
} as const;

/** So that there is something to work on. */
const BEGINNING: readonly Step[] = [
  { kind: 'put-bucket', bucket: 'b0' },
  { ...PLAIN, place: 's0', type: 'application/json' },
  { ...PLAIN, place: 'b0/x', type: undefined },
];

type Asking = Exclude<Step, { kind: 'read' | 'read-all' | 'poll' | 'follow' | 'wait' | 'restart' }>;

/** Carries steps out, on a server and on the model of one, and compares. */
export class Run {
  readonly #server: Served;
  readonly #clock: HeldClock;
  readonly #model: Model;
  readonly #requests: Requests;
  readonly #comparison = new Comparison();
  /** What has happened so far, in words. */
  readonly story: string[] = [];

  constructor(server: Served, clock: HeldClock, limits: ModelLimits) {
    this.#server = server;
    this.#clock = clock;
    this.#model = new Model(limits, () => clock.nowMs());
    this.#requests = new Requests(this.#model, freshName(), clock.nowMs());
  }

  async all(steps: readonly Step[]): Promise<void> {
    for (const step of BEGINNING) await this.#one(step);
    for (const step of steps) await this.#one(step);
  }

  async #one(step: Step): Promise<void> {
    // No two things happen at the same time.
    this.#clock.step(1);
    this.story.push(inWords(step, (target) => this.#requests.place(target)));
    const path = 'place' in step ? this.#requests.path(step.place) : undefined;
    await this.#carryOut(step);
    if (path !== undefined) this.#requests.noteTag(path);
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'wait':
        this.#clock.step(WAIT_MS);
        return;
      case 'restart':
        // In memory nothing would survive it.
        if (this.#server.engine === 'embedded') await this.#server.restart();
        return;
      case 'read': {
        const from = this.#requests.from(step.place, step.from);
        await this.#read(this.#requests.path(step.place), from);
        return;
      }
      case 'read-all':
        await this.#readAll(this.#requests.path(step.place));
        return;
      case 'poll':
        await this.#poll(
          this.#requests.path(step.place),
          this.#requests.from(step.place, step.from),
        );
        return;
      case 'follow':
        await this.#follow(
          this.#requests.path(step.place),
          this.#requests.from(step.place, step.from),
        );
        return;
      default:
        this.#compare(...(await this.#ask(step)));
    }
  }

  /** One request, and what it must be answered with. */
  async #ask(step: Asking): Promise<[Answer, Expected]> {
    const [server, model, requests] = [this.#server, this.#model, this.#requests];
    switch (step.kind) {
      case 'create': {
        const request = requests.create(step);
        return [await server.put(request.path, toPut(request)), model.create(request)];
      }
      case 'append': {
        const request = requests.append(step);
        return [await server.post(request.path, toPost(request)), model.append(request)];
      }
      case 'delete': {
        const [path, ifMatch] = [requests.path(step.place), requests.tag(step)];
        const headers = ifMatch === undefined ? {} : { 'If-Match': ifMatch };
        return [await server.delete(path, headers), model.delete(path, ifMatch)];
      }
      case 'head': {
        const path = requests.path(step.place);
        return [await server.head(path), model.head(path)];
      }
      default:
        return this.#askOfBucket(step);
    }
  }

  async #askOfBucket(step: Extract<Asking, { bucket: string }>): Promise<[Answer, Expected]> {
    const [server, model] = [this.#server, this.#model];
    const bucket = this.#requests.bucket(step.bucket);
    switch (step.kind) {
      case 'put-bucket':
        return [await server.put(`/${bucket}`), model.putBucket(bucket)];
      case 'delete-bucket':
        return [await server.delete(`/${bucket}`), model.deleteBucket(bucket)];
      case 'get-bucket':
        return [await server.get(`/${bucket}`), model.getBucket(bucket)];
      case 'list': {
        const { prefix, after, limit } = step;
        const query = `prefix=${prefix}&limit=${limit}${after === '' ? '' : `&after=${after}`}`;
        const answer = await server.get(`/${bucket}/streams?${query}`);
        return [answer, model.list(bucket, prefix, after, limit)];
      }
    }
  }

  /** Reads a page, and then asks whether it has changed. */
  async #read(path: string, from: ModelFrom): Promise<Answer> {
    const target = `${path}?offset=${written(from)}`;
    const expected = this.#model.read(path, from);
    const answer = await this.#server.get(target);
    this.#compare(answer, expected);
    if (expected.pageKey !== undefined) {
      const again = await this.#server.get(target, { 'If-None-Match': answer.tag });
      this.#comparison.compare(again, { ...expected, verdict: '304', body: '' });
    }
    return answer;
  }

  /** Page after page to the tail. */
  async #readAll(path: string): Promise<void> {
    let { status, offset } = await this.#read(path, '-1');
    while (status === 200 && offset !== offsetText(this.#model.at(path)?.tail ?? 0)) {
      const before = offset;
      ({ status, offset } = await this.#read(path, Number(offset.slice(17))));
      if (offset === before) throw new Difference(`reading does not get beyond ${offset}`);
    }
  }

  /** A long-poll, where it has something to say at once. */
  async #poll(path: string, from: ModelFrom): Promise<void> {
    const stream = this.#model.at(path);
    const isAtTail = stream !== undefined && Math.max(0, Number(from)) >= stream.tail;
    if (isAtTail && !stream.isClosed) return;
    const { pageKey, ...expected } = this.#model.read(path, from);
    const answer = await this.#server.get(`${path}?offset=${written(from)}&live=long-poll`);
    const isEnd = expected.verdict === '200' && isAtTail;
    if (isEnd) this.#compare(answer, { ...expected, verdict: '204', body: '' });
    else this.#compare(answer, pageKey === undefined ? expected : { ...expected, pageKey });
  }

  /** SSE, where the stream is closed, to its end. */
  async #follow(path: string, from: ModelFrom): Promise<void> {
    const expected = this.#model.read(path, from);
    const stream = this.#model.at(path);
    if (expected.verdict !== '200' || stream?.isClosed !== true) return;
    const reader = await EventStream.open(this.#server, path, { offset: written(from) });
    await reader.ended;
    const first = Math.max(0, Number(from));
    const wanted = stream.records.filter(({ at }) => at >= first).map(({ bytes }) => bytes);
    const got = reader.data.map((data) => {
      if (stream.isJson) return `${data.slice(1, -1)},`;
      const isText = stream.type.startsWith('text/');
      return isText ? data : Buffer.from(data, 'base64').toString();
    });
    same('what the events bring', got.join(''), wanted.join(''));
    const { streamNextOffset: end, streamClosed: isClosed } = reader.lastControl ?? {};
    same('the last event', { end, isClosed }, { end: offsetText(stream.tail), isClosed: true });
  }

  #compare(answer: Answer, expected: Expected): void {
    this.story.push(`${this.story.pop() ?? ''} → ${answer.verdict}`);
    this.#comparison.compare(answer, expected);
  }
}

function written(from: ModelFrom): string {
  return typeof from === 'number' ? offsetText(from) : from;
}
