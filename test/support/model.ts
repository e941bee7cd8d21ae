import type {
  ModelCreate,
  ModelFork,
  ModelFrom,
  ModelProducer,
  ModelWrite,
} from './model/requests.ts';
import { ModelStream, toRecords } from './model/stream.ts';

type HeaderValues = Readonly<Record<string, string | undefined>>;

/** What a request must be answered with. */
export interface Expected {
  /** As `Answer.verdict` says it. */
  readonly verdict: string;
  /** Headers and their values; undefined: must not be there. */
  readonly headers?: HeaderValues;
  readonly body?: string;
  readonly json?: unknown;
  /** The answer carries this stream's tag: the known one, or after a change one never seen. */
  readonly tagOf?: ModelStream | undefined;
  /** The answer carries the tag of what it shows: always the same one, and no other's. */
  readonly pageKey?: string;
}

export interface ModelLimits {
  readonly pageBytes: number;
  readonly forkDepthMax: number;
  readonly producersMax: number;
  readonly producerIdleMs: number;
}

export function offsetText(at: number): string {
  return `${'0'.repeat(16)}_${String(at).padStart(16, '0')}`;
}

/** The smallest server that could be right: it says what every answer must be. */
export class Model {
  readonly #limits: ModelLimits;
  readonly #nowMs: () => number;
  readonly #buckets = new Set<string>();
  readonly #streams = new Map<string, ModelStream>();

  constructor(limits: ModelLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** What stands under a path, also when it has expired or is only kept for forks. */
  at(path: string): ModelStream | undefined {
    return this.#streams.get(path);
  }

  putBucket(bucket: string): Expected {
    const verdict = this.#buckets.has(bucket) ? '200' : '201';
    this.#buckets.add(bucket);
    return { verdict, json: { bucket_id: bucket } };
  }

  deleteBucket(bucket: string): Expected {
    if (!this.#buckets.has(bucket)) return { verdict: '404 bucket-not-found' };
    for (const path of this.#streams.keys()) {
      const isInside = path.startsWith(`/${bucket}/`);
      if (isInside && this.#standing(path) !== 'absent') {
        return { verdict: '409 bucket-not-empty' };
      }
    }
    this.#buckets.delete(bucket);
    return { verdict: '204' };
  }

  getBucket(bucket: string): Expected {
    if (!this.#buckets.has(bucket)) return { verdict: '404 bucket-not-found' };
    const streams = this.#livingIn(bucket).map(([id]) => id);
    return { verdict: '200', json: { bucket_id: bucket, streams } };
  }

  list(bucket: string, prefix: string, after: string, limit: number): Expected {
    if (!this.#buckets.has(bucket)) return { verdict: '404 bucket-not-found' };
    const all = this.#livingIn(bucket).filter(([id]) => id.startsWith(prefix) && id > after);
    const streams = all.slice(0, limit).map(([id, stream]) => ({
      stream_id: id,
      status: stream.isClosed ? 'closed' : 'open',
      content_type: stream.type,
      tail_offset: offsetText(stream.tail),
      created_at_ms: stream.createdAtMs,
      last_write_at_ms: stream.lastWriteAtMs,
    }));
    const stream_count = streams.length;
    const has_more = all.length > limit;
    const next_cursor = has_more ? (streams.at(-1)?.stream_id ?? null) : null;
    const json = { bucket_id: bucket, prefix, stream_count, streams, next_cursor, has_more };
    return { verdict: '200', json };
  }

  create(request: ModelCreate): Expected {
    const { path, bucket, fork, producer } = request;
    const source = fork && this.#streams.get(fork.source);
    const start = fork && source ? this.#forkPoint(source, fork) : 0;
    if (typeof start === 'string') return { verdict: start };
    if (source !== undefined && source.depth >= this.#limits.forkDepthMax) {
      return { verdict: '400 fork-too-deep' };
    }
    if (bucket !== undefined && !this.#buckets.has(bucket)) {
      return { verdict: '404 bucket-not-found' };
    }
    const standing = this.#standing(path);
    const living = standing === 'living' ? this.#streams.get(path) : undefined;
    if (!meets(request, living)) return { verdict: '412 precondition-failed', tagOf: living };
    if (standing === 'gone') return { verdict: '409 path-held-by-forks' };
    if (living !== undefined) {
      if (!isSame(living, request)) return { verdict: '409 stream-differs' };
      return { verdict: '200', headers: described(living), tagOf: living };
    }
    if (producer !== undefined && producer.seq !== 0) return gap(0, producer);
    const refused = fork && this.#judgeSource(fork, source, request.type);
    if (refused !== undefined) return refused;
    return this.#make(request, source, start);
  }

  #make(request: ModelCreate, source: ModelStream | undefined, start: number): Expected {
    const { path, fork, lifetime, producer } = request;
    const type = source?.type ?? request.type ?? 'application/octet-stream';
    const bodies = toRecords(type, request.body);
    if (bodies === undefined) return { verdict: '400 invalid-json' };
    this.#remove(path);
    const nowMs = this.#nowMs();
    const made = new ModelStream({ type, nowMs, lifetime, fork, source, start });
    if (source !== undefined) source.forks += 1;
    this.#streams.set(path, made);
    this.#write(made, bodies, request);
    return { verdict: '201', headers: { ...described(made), ...accepted(producer) }, tagOf: made };
  }

  append(request: ModelWrite): Expected {
    const { path, type, body, closes, producer, streamSeq } = request;
    const stream = this.#living(path);
    if (!(stream instanceof ModelStream)) return stream;
    if (stream.isClosed) return appendToClosed(stream, request);
    if (body === '' && !closes) return { verdict: '400 empty-append' };
    if (body !== '' && type === undefined) return { verdict: '400 content-type-missing' };
    if (body !== '' && type !== stream.type) return { verdict: '409 content-type-differs' };
    const notNew = producer && this.#judgeProducer(stream, producer);
    if (notNew !== undefined) return notNew;
    if (!meets(request, stream)) return { verdict: '412 precondition-failed', tagOf: stream };
    const last = stream.streamSeq;
    if (streamSeq !== undefined && last !== undefined && streamSeq <= last) {
      return { verdict: '409 stream-seq-regressed' };
    }
    const bodies = toRecords(stream.type, body);
    if (bodies === undefined) return { verdict: '400 invalid-json' };
    if (body !== '' && bodies.length === 0) return { verdict: '400 empty-append' };
    this.#write(stream, bodies, request);
    const verdict = producer !== undefined && body !== '' ? '200' : '204';
    return { verdict, headers: { ...ended(stream), ...accepted(producer) }, tagOf: stream };
  }

  delete(path: string, ifMatch: string | undefined): Expected {
    const stream = this.#living(path);
    if (!(stream instanceof ModelStream)) return stream;
    if (!meets({ ifMatch }, stream)) {
      return { verdict: '412 precondition-failed', tagOf: stream };
    }
    if (stream.forks > 0) stream.isSoftDeleted = true;
    else this.#remove(path);
    return { verdict: '204' };
  }

  head(path: string): Expected {
    const stream = this.#living(path);
    // An answer to HEAD has no body to say why.
    if (!(stream instanceof ModelStream)) return { verdict: stream.verdict.slice(0, 3) };
    const { lifetime } = stream;
    const headers: HeaderValues = {
      ...described(stream),
      'stream-ttl': undefined,
      'stream-expires-at': undefined,
      ...(lifetime === undefined ? {} : { [lifetime.name.toLowerCase()]: lifetime.value }),
    };
    return { verdict: '200', headers, tagOf: stream };
  }

  read(path: string, from: ModelFrom): Expected {
    const stream = this.#living(path);
    if (!(stream instanceof ModelStream)) return stream;
    stream.lastUseAtMs = this.#nowMs();
    if (from === 'now') {
      const headers = { ...readUntil(stream, stream.tail), etag: undefined };
      return { verdict: '200', headers, body: stream.isJson ? '[]' : '' };
    }
    const page = stream.page(from === '-1' ? 0 : from, this.#limits.pageBytes);
    const headers = readUntil(stream, page.to);
    const saysClosed = headers['stream-closed'] !== undefined;
    const pageKey = `${path} ${stream.createdAtMs} ${page.from} ${page.to} ${String(saysClosed)}`;
    return { verdict: '200', headers, body: page.body, pageKey };
  }

  #write(
    stream: ModelStream,
    bodies: readonly string[],
    { producer, streamSeq, closes }: ModelWrite,
  ): void {
    const nowMs = this.#nowMs();
    stream.add(bodies);
    stream.tag = undefined;
    stream.lastWriteAtMs = nowMs;
    stream.lastUseAtMs = nowMs;
    stream.streamSeq = streamSeq ?? stream.streamSeq;
    if (producer !== undefined) {
      const { producers } = stream;
      const isNew = !producers.has(producer.id);
      if (isNew && producers.size >= this.#limits.producersMax) {
        producers.delete(idlestOf(stream)?.id ?? '');
      }
      producers.set(producer.id, { ...producer, lastWriteAtMs: nowMs });
    }
    if (!closes) return;
    stream.isClosed = true;
    stream.closedBy = producer;
  }

  /** What keeps a producer's request from being new, or undefined when nothing does. */
  #judgeProducer(stream: ModelStream, producer: ModelProducer): Expected | undefined {
    const { id, epoch, seq } = producer;
    const known = stream.producers.get(id);
    if (known !== undefined && epoch < known.epoch) {
      return { verdict: '403 producer-fenced', headers: { 'producer-epoch': String(known.epoch) } };
    }
    if (known?.epoch === epoch) {
      if (seq <= known.seq) return duplicate(stream, known);
      return seq === known.seq + 1 ? undefined : gap(known.seq + 1, producer);
    }
    if (seq !== 0) {
      const startsLate = { verdict: '400 producer-epoch-must-start-at-zero' };
      return known === undefined ? gap(0, producer) : startsLate;
    }
    const isFull = stream.producers.size >= this.#limits.producersMax;
    if (known !== undefined || !isFull) return undefined;
    const silentMs = this.#nowMs() - (idlestOf(stream)?.lastWriteAtMs ?? 0);
    if (silentMs >= this.#limits.producerIdleMs) return undefined;
    return { verdict: '429 too-many-producers' };
  }

  /** Where a fork begins, or what is wrong with where it was asked to. */
  #forkPoint(source: ModelStream, { at, sub }: ModelFork): number | string {
    if (at === undefined) return source.tail;
    if (!source.offsets.includes(at)) return '400 fork-offset-invalid';
    const following = source.offsets.filter((offset) => offset >= at);
    const end = source.isJson ? following[sub] : at + sub;
    const reach = source.isJson ? source.tail : (following[1] ?? at);
    return end !== undefined && end <= reach ? end : '400 fork-sub-offset-invalid';
  }

  #judgeSource(
    { source: path }: ModelFork,
    source: ModelStream | undefined,
    type: string | undefined,
  ): Expected | undefined {
    const standing = this.#standing(path);
    if (standing === 'absent') return { verdict: '404 fork-source-not-found' };
    if (standing === 'gone') return { verdict: '409 fork-source-gone' };
    const isOther = type !== undefined && type !== source?.type;
    return isOther ? { verdict: '409 content-type-differs' } : undefined;
  }

  #standing(path: string): 'absent' | 'gone' | 'living' {
    const stream = this.#streams.get(path);
    if (stream === undefined) return 'absent';
    if (stream.isSoftDeleted) return 'gone';
    if (!this.#isExpired(stream)) return 'living';
    return stream.forks > 0 ? 'gone' : 'absent';
  }

  #isExpired({ lifetime, lastUseAtMs }: ModelStream): boolean {
    if (lifetime === undefined) return false;
    const { name, value } = lifetime;
    const endMs = name === 'Stream-TTL' ? lastUseAtMs + Number(value) * 1000 : Date.parse(value);
    return this.#nowMs() >= endMs;
  }

  #living(path: string): ModelStream | Expected {
    const standing = this.#standing(path);
    const stream = this.#streams.get(path);
    if (standing === 'gone') return { verdict: '410 stream-gone' };
    if (standing === 'absent' || !stream) return { verdict: '404 stream-not-found' };
    return stream;
  }

  /** Releases the source, too, and takes that along when it was kept for this fork alone. */
  #remove(path: string): void {
    const stream = this.#streams.get(path);
    if (stream === undefined) return;
    this.#streams.delete(path);
    const { source, fork } = stream;
    if (source === undefined || fork === undefined) return;
    source.forks -= 1;
    if (source.isSoftDeleted && source.forks === 0) this.#remove(fork.source);
  }

  #livingIn(bucket: string): [string, ModelStream][] {
    const home = `/${bucket}/`;
    return [...this.#streams]
      .filter(([path]) => path.startsWith(home) && this.#standing(path) === 'living')
      .map(([path, stream]): [string, ModelStream] => [path.slice(home.length), stream])
      .sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

function appendToClosed(stream: ModelStream, request: ModelWrite): Expected {
  const { producer, closes, body } = request;
  if (producer !== undefined && isSameProducer(stream.closedBy, producer)) {
    return duplicate(stream, producer);
  }
  const isBareClosing = closes && body === '';
  if (!isBareClosing) return { verdict: '409 stream-closed', headers: ended(stream) };
  return { verdict: '204', headers: ended(stream), tagOf: stream };
}

function duplicate(stream: ModelStream, known: ModelProducer): Expected {
  return { verdict: '204', headers: { ...ended(stream), ...accepted(known) }, tagOf: stream };
}

function gap(expected: number, { seq }: ModelProducer): Expected {
  const headers = {
    'producer-expected-seq': String(expected),
    'producer-received-seq': String(seq),
  };
  return { verdict: '409 producer-gap', headers };
}

function accepted(producer: ModelProducer | undefined): HeaderValues {
  return {
    'producer-epoch': producer === undefined ? undefined : String(producer.epoch),
    'producer-seq': producer === undefined ? undefined : String(producer.seq),
  };
}

/** What an answer tells of a stream's end. */
function ended({ tail, isClosed }: ModelStream): HeaderValues {
  return {
    'stream-next-offset': offsetText(tail),
    'stream-closed': isClosed ? 'true' : undefined,
  };
}

function described(stream: ModelStream): HeaderValues {
  return { 'content-type': stream.type, ...ended(stream) };
}

function readUntil(stream: ModelStream, to: number): HeaderValues {
  const isAtTail = to === stream.tail;
  return {
    'content-type': stream.type,
    'stream-next-offset': offsetText(to),
    'stream-up-to-date': isAtTail ? 'true' : undefined,
    'stream-closed': isAtTail && stream.isClosed ? 'true' : undefined,
  };
}

function meets(
  { ifMatch, ifNoneMatch }: { ifMatch: string | undefined; ifNoneMatch?: '*' | undefined },
  stream: ModelStream | undefined,
): boolean {
  if (ifMatch === '*' && stream === undefined) return false;
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== stream?.tag) return false;
  return ifNoneMatch === undefined || stream === undefined;
}

/** Whether a repeated PUT asks for what is there. */
function isSame(stream: ModelStream, { type, closes, lifetime, fork }: ModelCreate): boolean {
  const isFork = stream.fork !== undefined;
  const asked = type ?? (isFork ? stream.type : 'application/octet-stream');
  if (asked !== stream.type || closes !== stream.isClosed) return false;
  if (fork?.source !== stream.fork?.source) return false;
  if (fork !== undefined && !isSameForkPoint(stream, fork)) return false;
  if (lifetime === undefined && isFork) return true;
  return lifetime?.name === stream.lifetime?.name && lifetime?.value === stream.lifetime?.value;
}

function isSameForkPoint({ fork, start }: ModelStream, { at, sub }: ModelFork): boolean {
  if (fork?.sub !== sub) return false;
  return fork.at === at || (sub === 0 && at === start);
}

function isSameProducer(one: ModelProducer | undefined, other: ModelProducer): boolean {
  return one?.id === other.id && one.epoch === other.epoch && one.seq === other.seq;
}

function idlestOf({ producers }: ModelStream): { id: string; lastWriteAtMs: number } | undefined {
  return [...producers.values()].sort((one, other) => one.lastWriteAtMs - other.lastWriteAtMs)[0];
}
