import { patternsOverlap } from '../subjects/subject.ts';
import type { ManagedConfig } from './config.ts';
import type { Declined } from './declined.ts';

/** What keeps a configuration from standing beside those of the account's other streams. */
export function overlapWith(
  config: ManagedConfig,
  others: Iterable<ManagedConfig>,
): Declined | undefined {
  for (const other of others) {
    if (other.name === config.name) continue;
    for (const subject of config.subjects) {
      const isShared = other.subjects.some((each) => patternsOverlap(each, subject));
      if (isShared) return { code: 'subjects-overlap', stream: other.name, subject };
    }
  }
  return undefined;
}
