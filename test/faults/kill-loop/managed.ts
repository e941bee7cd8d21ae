import type { Answer, HttpClient } from '../../support/http/client.ts';
import type { Random } from '../../support/random.ts';
import { Violation } from './violation.ts';
import type { Client } from './writers.ts';

/** A message that was sent: what it is known by, and how it is written. */
interface Sent {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

interface Held extends Sent {
  readonly seq: number;
}

/** A managed stream as it should be. */
interface World {
  readonly lastSeq: number;
  readonly messagesMax: number;
  readonly held: readonly Held[];
}

/** What a request without an answer may have made of the stream, besides nothing. */
interface Pending {
  readonly what: string;
  /** Undefined: the stream is gone. */
  readonly after: World | undefined;
  /** Messages go in several steps, the oldest first, and a kill may come between them. */
  readonly isGradual: boolean;
}

interface Publish {
  readonly messageId: string;
  readonly messages: readonly Sent[];
  /** Whether an audit has found that it is stored already. */
  isStored: boolean;
  /** Of the last message, once it is known. */
  lastSeq: number;
}

const MESSAGES_MAX = 200;
const KNOWN_IDS_MAX = 20;
const SEQS_CHECKED = 5;

/**
 * A managed stream with the only client that changes it: one request at a time, so that a kill
 * leaves two worlds at most to be found.
 */
export class ManagedStream implements Client {
  readonly name: string;
  readonly #client: HttpClient;
  readonly #random: Random;
  readonly #sent = new Map<string, Sent>();
  #world: World | undefined;
  #pending: Pending | undefined;
  /** Published, and to be asked for again until it is answered. */
  #publish: Publish | undefined;
  /** A change of the configuration that is to be made again until it is answered. */
  #limit: number | undefined;
  #known: Publish[] = [];
  #count = 0;

  constructor(name: string, client: HttpClient, random: Random) {
    this.name = name;
    this.#client = client;
    this.#random = random;
  }

  get #path(): string {
    return `/storage/streams/${this.name}`;
  }

  async step(): Promise<void> {
    const world = this.#world;
    if (world === undefined) return this.#create();
    if (this.#limit !== undefined) return this.#configure(world, this.#limit);
    if (this.#publish !== undefined) return this.#publishAgain(world, this.#publish);
    const kind = this.#random.weighted([
      [60, 'publish'],
      [6, 'repeat'],
      [12, 'delete'],
      [4, 'purge'],
      [4, 'keep'],
      [6, 'limit'],
      [1, 'drop'],
    ] as const);
    switch (kind) {
      case 'publish':
        this.#publish = this.#next();
        return this.#publishAgain(world, this.#publish);
      case 'repeat':
        return this.#repeat();
      case 'delete':
        return this.#delete(world);
      case 'purge':
        return this.#purge({ ...world, held: [] }, undefined);
      case 'keep': {
        const keep = this.#random.between(1, MESSAGES_MAX);
        return this.#purge({ ...world, held: world.held.slice(-keep) }, keep);
      }
      case 'limit':
        return this.#configure(world, this.#random.between(1, MESSAGES_MAX));
      case 'drop':
        await this.#change('DELETE', undefined, false, () => this.#client.delete(this.#path));
        this.#endLife();
        return;
    }
  }

  async #create(): Promise<void> {
    const world = { lastSeq: 0, messagesMax: MESSAGES_MAX, held: [] };
    const body = JSON.stringify({ subjects: [`${this.name}.>`], max_msgs: MESSAGES_MAX });
    await this.#change('PUT', world, false, () => this.#put(body));
  }

  async #configure(world: World, messagesMax: number): Promise<void> {
    this.#limit = messagesMax;
    const after = trimmed({ ...world, messagesMax });
    const body = JSON.stringify({ max_msgs: messagesMax });
    await this.#change('PUT', after, true, () => this.#put(body));
    this.#limit = undefined;
  }

  #put(body: string): Promise<Answer> {
    return this.#client.put(this.#path, { headers: JSON_TYPE, body });
  }

  #next(): Publish {
    const count = this.#random.weighted([
      [8, 1],
      [3, this.#random.between(2, 12)],
    ] as const);
    const messages = Array.from({ length: count }, () => {
      this.#count += 1;
      const id = `${this.name}.${this.#count}`;
      const subject = `${this.name}.${this.#random.pick(['a', 'b', 'c.d'] as const) ?? 'a'}`;
      const filler = '.'.repeat(this.#random.between(0, this.#random.chance(0.05) ? 20_000 : 100));
      const sent = { id, subject, text: JSON.stringify({ id, filler }) };
      this.#sent.set(id, sent);
      return sent;
    });
    return { messageId: `id-${this.#count}`, messages, isStored: false, lastSeq: 0 };
  }

  async #publishAgain(world: World, publish: Publish): Promise<void> {
    const { messages, isStored } = publish;
    const after = isStored ? world : withMessages(world, messages);
    if (!isStored) publish.lastSeq = after.lastSeq;
    const answer = await this.#change('POST', after, false, () => this.#post(publish));
    this.#expectPublished(answer, publish, isStored);
    publish.isStored = true;
    this.#publish = undefined;
    this.#known = [...this.#known, publish].slice(-KNOWN_IDS_MAX);
  }

  /** Its message id is known, in whichever life of the server it was given. */
  async #repeat(): Promise<void> {
    const publish = this.#random.pick(this.#known);
    if (publish === undefined) return;
    const answer = await this.#post(publish);
    this.#expectPublished(answer, publish, true);
  }

  #post({ messageId, messages }: Publish): Promise<Answer> {
    const texts = messages.map(
      ({ subject, text }) => `"subject":${JSON.stringify(subject)},"body":${text}`,
    );
    const body =
      texts.length === 1
        ? `{"stream":"${this.name}",${texts.join('')}}`
        : `{"messages":[${texts.map((text) => `{${text}}`).join(',')}]}`;
    return this.#client.post(`${this.#path}/messages`, {
      headers: { ...JSON_TYPE, 'Msg-Id': messageId },
      body,
    });
  }

  #expectPublished(answer: Answer, { messageId, lastSeq }: Publish, isDuplicate: boolean): void {
    const isRight =
      fieldOf(answer.json, 'seq') === lastSeq &&
      (fieldOf(answer.json, 'duplicate') === true) === isDuplicate;
    if (isRight) return;
    const expected = `${isDuplicate ? 'a duplicate' : 'new'} at ${lastSeq}`;
    throw this.#violation(`${messageId} is ${expected} and was answered ${answer.text}`);
  }

  async #delete(world: World): Promise<void> {
    const count = this.#random.between(1, 4);
    const seqs = Array.from({ length: count }, () => this.#random.pick(world.held)?.seq ?? 1);
    const held = world.held.filter(({ seq }) => !seqs.includes(seq));
    const path = `${this.#path}/messages?sequences=${seqs.join()}`;
    await this.#change('DELETE', { ...world, held }, false, () => this.#client.delete(path));
  }

  async #purge(after: World, keep: number | undefined): Promise<void> {
    const path = `/storage/stream/${this.name}/purge`;
    const body = JSON.stringify(keep === undefined ? {} : { keep });
    await this.#change('purge', after, keep !== undefined, () =>
      this.#client.send('DELETE', path, { headers: JSON_TYPE, body }),
    );
  }

  /** Asks for a change. Until it is answered, both worlds may be. */
  async #change(
    what: string,
    after: World | undefined,
    isGradual: boolean,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    this.#pending = { what, after, isGradual };
    const answer = await ask();
    this.#pending = undefined;
    if (answer.status !== 200) {
      throw this.#violation(`${what} was answered ${answer.status} ${answer.text}`);
    }
    this.#world = after;
    return answer;
  }

  #endLife(): void {
    this.#world = undefined;
    this.#publish = undefined;
    this.#limit = undefined;
    this.#known = [];
  }

  /** A reader takes what is there at the moment: all of it was sent, and is as it was sent. */
  async look(): Promise<void> {
    const subject = this.#random.pick(['a', 'b', 'c.d', '>', '*'] as const) ?? '>';
    const seen = await this.#search(subject);
    if (subject === '>') return;
    const depth = subject === 'c.d' ? 3 : 2;
    for (const each of seen) {
      const isOn = subject === '*' ? true : each.subject === `${this.name}.${subject}`;
      if (!isOn || each.subject.split('.').length !== depth) {
        throw this.#violation(`${each.id} on ${each.subject} was found on ${subject}`);
      }
    }
  }

  async #search(pattern: string): Promise<readonly Sent[]> {
    const search = encodeURIComponent(`${this.name}.${pattern}`);
    const path = `${this.#path}/search-by-subject?search=${search}&limit=1000`;
    const answer = await this.#client.get(path);
    if (answer.status === 404) return [];
    if (answer.status !== 200) throw this.#violation(`search: ${answer.status} ${answer.text}`);
    const results = fieldOf(fieldOf(answer.json, 'body'), 'results');
    if (!Array.isArray(results)) throw this.#violation(`search: ${answer.text}`);
    let last = 0;
    return results.map((result: unknown) => {
      const text = String(fieldOf(result, 'value'));
      const sent = this.#sent.get(String(fieldOf(JSON.parse(text), 'id')));
      const isAsSent = sent?.text === text && sent.subject === fieldOf(result, 'subject');
      if (sent === undefined || !isAsSent) throw this.#violation(`nobody sent ${text}`);
      const number = Number(sent.id.slice(this.name.length + 1));
      if (number <= last) throw this.#violation(`${sent.id} is twice there, or out of order`);
      last = number;
      return sent;
    });
  }

  /** Nothing is under way: what is found now is one of the worlds that may be. */
  async audit(): Promise<void> {
    const answer = await this.#client.get(this.#path);
    const pending = this.#pending ?? this.#trimming();
    this.#pending = undefined;
    if (answer.status === 404) {
      const mayBeGone = this.#world === undefined || (pending !== undefined && !pending.after);
      if (!mayBeGone) throw this.#violation('it is gone');
      this.#endLife();
      return;
    }
    if (answer.status !== 200) throw this.#violation(`${answer.status} ${answer.text}`);
    const found = await this.#search('>');
    const state = fieldOf(fieldOf(answer.json, 'body'), 'state') ?? fieldOf(answer.json, 'state');
    const shown = { lastSeq: fieldOf(state, 'last_seq'), ids: found.map(({ id }) => id) };
    this.#expectCounts(state, shown.ids.length);
    const before = this.#world;
    if (before === undefined || !isWorld(shown, before)) {
      const after = pending && this.#afterOf(pending, shown);
      if (after === undefined) {
        const worlds = [before, pending?.after].map(describe).join(' or ');
        throw this.#violation(
          `${shown.ids.join(' ')} up to ${String(shown.lastSeq)} is there, and not ${worlds}; ` +
            `asked for was ${pending?.what ?? 'nothing'}`,
        );
      }
      this.#world = after;
      if (this.#publish !== undefined && pending?.what === 'POST') this.#publish.isStored = true;
    }
    await this.#checkSeqs();
  }

  /** A limit that came through without an answer is kept by the server, whenever it gets to it. */
  #trimming(): Pending | undefined {
    const world = this.#world;
    if (world === undefined || this.#limit === undefined) return undefined;
    const after = trimmed({ ...world, messagesMax: this.#limit });
    return { what: 'PUT', after, isGradual: true };
  }

  #expectCounts(state: unknown, messages: number): void {
    const counted = fieldOf(state, 'messages');
    if (counted === messages) return;
    throw this.#violation(`it has ${messages} messages and counts ${String(counted)}`);
  }

  /** The world after a request without an answer, when it is what is there. */
  #afterOf({ after, isGradual }: Pending, shown: Shown): World | undefined {
    if (after === undefined) return undefined;
    if (isWorld(shown, after)) return after;
    const { held } = this.#world ?? after;
    const isBetween = isGradual && shown.ids.length >= after.held.length;
    const left = { ...after, held: held.slice(held.length - shown.ids.length) };
    return isBetween && isWorld(shown, left) ? left : undefined;
  }

  async #checkSeqs(): Promise<void> {
    const world = this.#world;
    if (world === undefined) return;
    for (let left = SEQS_CHECKED; left > 0; left -= 1) {
      const seq = this.#random.between(1, world.lastSeq + 1);
      const held = world.held.find((each) => each.seq === seq);
      const answer = await this.#client.get(`${this.#path}/messages/${seq}`);
      const value = fieldOf(fieldOf(answer.json, 'body'), 'value');
      const isRight = held === undefined ? answer.status === 404 : value === held.text;
      if (!isRight) throw this.#violation(`message ${seq} is ${answer.status} ${answer.text}`);
    }
  }

  #violation(problem: string): Violation {
    return new Violation(`managed stream ${this.name}: ${problem}`);
  }
}

/** Looks at managed streams while they change. */
export class ManagedReader implements Client {
  readonly #streams: readonly ManagedStream[];
  readonly #random: Random;

  constructor(streams: readonly ManagedStream[], random: Random) {
    this.#streams = streams;
    this.#random = random;
  }

  async step(): Promise<void> {
    await this.#random.pick(this.#streams)?.look();
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Shown {
  readonly lastSeq: unknown;
  readonly ids: readonly string[];
}

function isWorld({ lastSeq, ids }: Shown, world: World): boolean {
  return lastSeq === world.lastSeq && ids.join(' ') === world.held.map(({ id }) => id).join(' ');
}

function describe(world: World | undefined): string {
  if (world === undefined) return 'nothing';
  return `${world.held.map(({ id }) => id).join(' ')} up to ${world.lastSeq}`;
}

function withMessages(world: World, messages: readonly Sent[]): World {
  const { lastSeq } = world;
  const added = messages.map((sent, index) => ({ ...sent, seq: lastSeq + index + 1 }));
  return trimmed({
    ...world,
    lastSeq: lastSeq + messages.length,
    held: [...world.held, ...added],
  });
}

function trimmed(world: World): World {
  return { ...world, held: world.held.slice(-world.messagesMax) };
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = Object.entries(value).find(([name]) => name === field);
  return entry?.[1];
}
