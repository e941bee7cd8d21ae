import type { ModelFork, ModelLifetime, ModelProducer } from './requests.ts';

export interface ModelRecord {
  readonly at: number;
  readonly bytes: string;
}

export interface ModelPage {
  readonly from: number;
  readonly to: number;
  readonly body: string;
}

interface KnownProducer extends ModelProducer {
  readonly lastWriteAtMs: number;
}

/** A stream as its readers see it: what it inherited is its own here. */
export class ModelStream {
  readonly type: string;
  readonly createdAtMs: number;
  readonly lifetime: ModelLifetime | undefined;
  readonly fork: ModelFork | undefined;
  readonly source: ModelStream | undefined;
  /** Where its own records begin. */
  readonly start: number;
  readonly records: ModelRecord[] = [];
  readonly producers = new Map<string, KnownProducer>();
  tail: number;
  isClosed = false;
  closedBy: ModelProducer | undefined;
  streamSeq: string | undefined;
  lastWriteAtMs: number;
  lastUseAtMs: number;
  forks = 0;
  isSoftDeleted = false;
  /** Undefined: the stream has changed, and nobody has been told its new tag yet. */
  tag: string | undefined;

  constructor(made: {
    readonly type: string;
    readonly nowMs: number;
    readonly lifetime: ModelLifetime | undefined;
    readonly fork: ModelFork | undefined;
    readonly source: ModelStream | undefined;
    readonly start: number;
  }) {
    const { type, nowMs, lifetime, fork, source, start } = made;
    this.type = type;
    this.createdAtMs = nowMs;
    this.lastWriteAtMs = nowMs;
    this.lastUseAtMs = nowMs;
    this.lifetime = lifetime;
    this.fork = fork;
    this.source = source;
    this.start = start;
    this.tail = start;
    for (const { at, bytes } of source?.records ?? []) {
      if (at < start) this.records.push({ at, bytes: bytes.slice(0, start - at) });
    }
  }

  get isJson(): boolean {
    return isJson(this.type);
  }

  /** The start of each record, and the tail. */
  get offsets(): number[] {
    return [...this.records.map(({ at }) => at), this.tail];
  }

  /** How many forks it is away from its first source. */
  get depth(): number {
    return this.source === undefined ? 0 : this.source.depth + 1;
  }

  add(bodies: readonly string[]): void {
    for (const bytes of bodies) {
      this.records.push({ at: this.tail, bytes });
      this.tail += bytes.length;
    }
  }

  /** The record that `from` is in, and as many whole ones behind it as fit. */
  page(from: number, bytesMax: number): ModelPage {
    const [first, ...rest] = this.records.filter(({ at, bytes }) => at + bytes.length > from);
    let text = first?.bytes ?? '';
    for (const { bytes } of rest) {
      if (text.length + bytes.length > bytesMax) break;
      text += bytes;
    }
    const begin = first?.at ?? this.tail;
    const body = this.isJson ? `[${text.slice(0, -1)}]` : text;
    return { from: begin, to: begin + text.length, body };
  }
}

export function isJson(type: string | undefined): boolean {
  return type === 'application/json';
}

/** What a body becomes in a stream of the type; undefined when it is no JSON and has to be. */
export function toRecords(type: string, body: string): string[] | undefined {
  if (body === '') return [];
  if (!isJson(type)) return [body];
  try {
    const value: unknown = JSON.parse(body);
    const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
    return messages.map((message) => `${JSON.stringify(message)},`);
  } catch {
    return undefined;
  }
}
