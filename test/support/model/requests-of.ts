import type { Model } from '../model.ts';
import type { ModelCreate, ModelFork, ModelFrom, ModelProducer, ModelWrite } from './requests.ts';
import {
  PLACES,
  type Bucket,
  type ForkChoice,
  type OffsetChoice,
  type Place,
  type ProducerChoice,
  type Step,
  type Target,
} from './steps.ts';
import type { ModelStream } from './stream.ts';

type CreateStep = Extract<Step, { kind: 'create' }>;
type AppendStep = Extract<Step, { kind: 'append' }>;

const BEYOND = 1_000_000;

/** Turns the choices of steps into what is sent, by what the model knows at that moment. */
export class Requests {
  readonly #model: Model;
  readonly #run: string;
  /** When streams with a fixed end do end. */
  readonly #ends: Readonly<Record<'soon' | 'late', string>>;
  /** A tag that each place has had. */
  readonly #oldTags = new Map<string, string>();

  constructor(model: Model, run: string, nowMs: number) {
    this.#model = model;
    this.#run = run;
    const inMs = (ms: number): string => new Date(nowMs + ms).toISOString();
    this.#ends = { soon: inMs(450_000), late: inMs(10_000_000) };
  }

  bucket(bucket: Bucket): string {
    return `${this.#run}-${bucket}`;
  }

  /** Where that is: of the streams that are there, the one of that number. */
  place(target: Target): Place {
    if (typeof target !== 'number') return target;
    const there = PLACES.filter((place) => this.#model.at(this.path(place)) !== undefined);
    return there[target % there.length] ?? PLACES[0];
  }

  path(target: Target): string {
    const place = this.place(target);
    const [bucket, stream] = place.split('/');
    return stream === undefined
      ? `/v1/stream/${this.#run}/${place}`
      : `/${this.#run}-${bucket ?? ''}/${stream}`;
  }

  #stream(place: Target): ModelStream | undefined {
    return this.#model.at(this.path(place));
  }

  /** Remembers a tag for those who come with an old one. */
  noteTag(path: string): void {
    const tag = this.#model.at(path)?.tag;
    if (tag !== undefined && !this.#oldTags.has(path)) this.#oldTags.set(path, tag);
  }

  create(step: CreateStep): ModelCreate {
    const path = this.path(step.place);
    const { body, closes, streamSeq, type } = step;
    const fork = this.#fork(step.fork);
    const [bucket, stream] = this.place(step.place).split('/');
    return {
      path,
      type,
      body,
      closes,
      streamSeq,
      bucket: stream === undefined ? undefined : `${this.#run}-${bucket ?? ''}`,
      producer: this.#producer(step.place, step.producer),
      ifMatch: this.tag(step),
      ifNoneMatch: step.ifNoneMatch ? '*' : undefined,
      // When a fork goes by itself its source is released later, and until then is in two states.
      lifetime: fork === undefined ? this.#lifetime(step.lifetime) : undefined,
      fork,
    };
  }

  append(step: AppendStep): ModelWrite {
    const { body, closes, streamSeq } = step;
    const ofStream = this.#stream(step.place)?.type ?? 'text/plain';
    const types = { right: ofStream, wrong: 'image/png', missing: undefined };
    return {
      path: this.path(step.place),
      type: types[step.type],
      body,
      closes,
      streamSeq,
      producer: this.#producer(step.place, step.producer),
      ifMatch: this.tag(step),
    };
  }

  tag({ place, ifMatch }: Pick<CreateStep, 'place' | 'ifMatch'>): string | undefined {
    switch (ifMatch) {
      case 'none':
        return undefined;
      case 'any':
        return '*';
      case 'current':
        return this.#stream(place)?.tag ?? '"none"';
      case 'old':
        return this.#oldTags.get(this.path(place)) ?? '"older"';
      case 'foreign':
        return '"foreign"';
    }
  }

  from(place: Target, choice: OffsetChoice | '-1' | 'now'): ModelFrom {
    return choice === '-1' || choice === 'now' ? choice : this.#offset(place, choice);
  }

  #offset(place: Target, choice: OffsetChoice): number {
    const stream = this.#stream(place);
    const offsets = stream?.offsets ?? [0];
    if (choice === 'beyond') return (stream?.tail ?? 0) + BEYOND;
    if (choice === 'inside') {
      const long = stream?.records.find(({ bytes }) => bytes.length > 1);
      return (long?.at ?? -1) + 1;
    }
    return offsets[choice % offsets.length] ?? 0;
  }

  #fork(choice: ForkChoice | undefined): ModelFork | undefined {
    if (choice === undefined) return undefined;
    const source = this.#stream(choice.source);
    if (source?.lifetime !== undefined) return undefined;
    const isOmitted = choice.at === 'omitted';
    const at = choice.at === 'omitted' ? undefined : this.#offset(choice.source, choice.at);
    return { source: this.path(choice.source), at, sub: isOmitted ? 0 : choice.sub };
  }

  #lifetime(choice: CreateStep['lifetime']): ModelCreate['lifetime'] {
    if (choice === 'none') return undefined;
    if (choice === 'sliding') return { name: 'Stream-TTL', value: '1000' };
    return { name: 'Stream-Expires-At', value: this.#ends[choice] };
  }

  #producer(place: Target, choice: ProducerChoice | undefined): ModelProducer | undefined {
    if (choice === undefined) return undefined;
    const known = this.#stream(place)?.producers.get(choice.id);
    const epoch = known?.epoch ?? 1;
    const seq = known?.seq ?? -1;
    return {
      id: choice.id,
      epoch: { same: epoch, next: epoch + 1, before: Math.max(0, epoch - 1) }[choice.epoch],
      seq: { next: seq + 1, repeated: Math.max(0, seq), skipping: seq + 2, zero: 0 }[choice.seq],
    };
  }
}
