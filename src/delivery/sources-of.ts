import { must } from '../lib/assert.ts';
import { isSubject } from '../subjects/subject.ts';
import { markName } from './names.ts';
import type { RunningParts, TriggerIdentity } from './running.ts';
import { ServiceSource } from './service-source/service-source.ts';
import type { SourceStream } from './source.ts';
import { findSources } from './source-finder.ts';

/** What a trigger takes from now: streams, or one service. Those that are known may be left out. */
export async function sourcesOf(
  parts: RunningParts,
  { account, id, definition }: TriggerIdentity,
  signal: AbortSignal,
  isKnown: (name: string) => boolean,
): Promise<readonly SourceStream[]> {
  const { from, response } = definition;
  if (from.kind !== 'service') return await findSources(parts, account, from);
  const subject = must(isSubject(from.pattern) ? from.pattern : undefined, 'one service');
  if (isKnown(subject)) return [];
  const { logs, services, clock, random } = parts;
  const source = new ServiceSource(
    {
      logs,
      subject,
      markName: markName(account, id, subject),
      find: () => services.find(account, subject),
      nowMs: () => clock.nowMs(),
      random,
      signal,
    },
    response,
  );
  return [source];
}
