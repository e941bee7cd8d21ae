import type { Clock } from '../lib/clock.ts';
import { managedPrefix } from '../managed/names.ts';
import type { MessageStore } from '../storage/message-port.ts';
import type { LogStore } from '../storage/port.ts';
import { accountStreamsPrefix, streamPrefix } from '../streams/names.ts';
import { isSubject, patternsOverlap, subjectMatcher, type Subject } from '../subjects/subject.ts';
import { durableSubject, type Address } from '../triggers/address.ts';
import { DurableSource } from './durable-source.ts';
import { ManagedSource } from './managed-source.ts';
import type { SourceStream } from './source.ts';

export interface SourceParts {
  readonly logs: LogStore;
  readonly messages: MessageStore;
  readonly clock: Clock;
}

/** How many streams one trigger takes from at most; those beyond, by name, are left out. */
export const SOURCES_MAX = 10_000;
const NAMES_PER_LIST = 256;

type DurableAddress = Extract<Address, { kind: 'durable' }>;

/** The streams of an account that an address speaks of now. One that names a single stream finds it before it is there. */
export async function findSources(
  parts: SourceParts,
  account: string,
  address: Address,
): Promise<readonly SourceStream[]> {
  if (address.kind === 'managed') return managedSources(parts, account, address);
  const { bucket, stream } = address;
  if (bucket === undefined || stream === undefined) {
    return await durableSources(parts, account, address);
  }
  const log = streamPrefix(account, bucket) + stream;
  const subject = subjectOfLog(account, log);
  return subject === undefined ? [] : [new DurableSource(parts.logs, parts.clock, log, subject)];
}

function managedSources(
  { messages }: SourceParts,
  account: string,
  { pattern }: Extract<Address, { kind: 'managed' }>,
): SourceStream[] {
  return messages
    .readableStreams(managedPrefix(account))
    .filter(({ config }) => config.subjects.some((each) => patternsOverlap(each, pattern)))
    .map(({ name }) => new ManagedSource(messages, name, pattern));
}

async function durableSources(
  parts: SourceParts,
  account: string,
  { pattern, bucket }: DurableAddress,
): Promise<SourceStream[]> {
  const prefix =
    bucket === undefined ? accountStreamsPrefix(account) : streamPrefix(account, bucket);
  const isMeant = subjectMatcher(pattern);
  const sources: SourceStream[] = [];
  for (let after: string | undefined; sources.length < SOURCES_MAX;) {
    const listed = await parts.logs.list({ prefix, after, limit: NAMES_PER_LIST });
    for (const { name } of listed) {
      const subject = subjectOfLog(account, name);
      if (subject === undefined || !isMeant(subject)) continue;
      sources.push(new DurableSource(parts.logs, parts.clock, name, subject));
    }
    if (listed.length < NAMES_PER_LIST) break;
    after = listed.at(-1)?.name;
  }
  return sources.slice(0, SOURCES_MAX);
}

/** What a durable stream's records are on; undefined where its name is too long for a subject. */
export function subjectOfLog(account: string, log: string): Subject | undefined {
  const [bucket = '', stream = ''] = log.slice(accountStreamsPrefix(account).length).split('\0');
  return asSubject(durableSubject(bucket, stream));
}

function asSubject(text: string): Subject | undefined {
  return isSubject(text) ? text : undefined;
}
