import { subjectMatcher } from '../../../src/subjects/subject.ts';
import { isTriggerName, type TriggerName } from '../../../src/triggers/trigger.ts';
import type { Random } from '../../support/random.ts';
import { pattern } from '../../support/managed.ts';
import type { SeenRecord } from './archive.ts';
import { taggedBody } from './body.ts';
import { STREAMS, type StreamSpec } from './names.ts';

/** From where to where a trigger of each name leads. */
const WAYS = {
  all: { from: 'src.>', to: 'out.all' },
  some: { from: 'src.*.a', to: 'out.some' },
  orders: { from: 'src.orders.*', to: '$DS._.target' },
  events: { from: 'src.events.*', to: 'out.events' },
  logs: { from: '$DS.in.*', to: 'out.logs' },
  log: { from: '$DS.in.x', to: '$DS._.target' },
  end: { from: 'out.*', to: '$DS._.end' },
} as const;

type WayName = keyof typeof WAYS;

/** A trigger as somebody asks for it. */
export interface Wanted {
  readonly name: TriggerName;
  /** Tells it from others that have had its name, and is in all that it delivers. */
  readonly tag: string;
  readonly given: object;
  readonly start: 'all' | 'new';
  /** The streams that it takes from, should they be there. */
  readonly sources: readonly StreamSpec[];
  /** All of its sources' records are looked at, and none is on a subject that is not meant. */
  readonly isOfAll: boolean;
  readonly takes: (record: SeenRecord) => boolean;
}

export const TRIGGERS: readonly TriggerName[] = Object.keys(WAYS).filter(isTriggerName);

export function wanted(name: TriggerName, generation: number, random: Random): Wanted {
  const { from, to } = WAYS[wayName(name)];
  const tag = `${name}-${generation}`;
  const start = random.chance(0.5) ? 'all' : 'new';
  const isFiltered = random.chance(0.4);
  const isMeant = subjectMatcher(pattern(from));
  const filter = isFiltered ? { filter: { path: '/keep', eq: true } } : {};
  return {
    name,
    tag,
    given: {
      name,
      trigger_type: 'stream',
      source: { subject: from },
      target: { subject: to },
      start,
      ...filter,
      transform: { body: taggedBody(tag) },
    },
    start,
    sources: STREAMS.filter((spec) => isMeant(someSubject(spec))),
    isOfAll: from !== WAYS.some.from,
    takes: ({ subject, body }) => isMeant(subject) && (!isFiltered || body.keep),
  };
}

/** One that a pattern matches if it matches any of the stream's. */
function someSubject(spec: StreamSpec): string {
  return spec.kind === 'durable' ? spec.name : spec.captures.replace('*', 'a');
}

function wayName(name: string): WayName {
  const found = Object.keys(WAYS).find((each): each is WayName => each === name);
  if (found === undefined) throw new Error(`no trigger of this world: ${name}`);
  return found;
}
