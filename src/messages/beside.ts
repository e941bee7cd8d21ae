import { patternsOverlap } from '../subjects/subject.ts';
import type { ManagedConfig } from './config.ts';
import type { Declined } from './declined.ts';

/** What keeps a configuration from standing beside those of the account's other streams. */
export function conflictWith(
  config: ManagedConfig,
  all: readonly ManagedConfig[],
): Declined | undefined {
  const others = all.filter(({ name }) => name !== config.name);
  return overlap(config, others) ?? cycle(config, others);
}

function overlap(config: ManagedConfig, others: readonly ManagedConfig[]): Declined | undefined {
  for (const other of others) {
    for (const subject of config.subjects) {
      const isShared = other.subjects.some((each) => patternsOverlap(each, subject));
      if (isShared) return { code: 'subjects-overlap', stream: other.name, subject };
    }
  }
  return undefined;
}

/** Follows the origins, and theirs; a stream that copies itself would never come to an end. */
function cycle(config: ManagedConfig, others: readonly ManagedConfig[]): Declined | undefined {
  const byName = new Map<string, ManagedConfig>(others.map((other) => [other.name, other]));
  const seen = new Set<string>();
  const waiting = originsOf(config);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === config.name) return { code: 'origin-cycle', stream: name };
    if (seen.has(name)) continue;
    seen.add(name);
    const origin = byName.get(name);
    if (origin !== undefined) waiting.push(...originsOf(origin));
  }
  return undefined;
}

function originsOf({ mirror, sources }: ManagedConfig): string[] {
  const origins = mirror === undefined ? sources : [mirror, ...sources];
  return origins.map(({ stream }) => stream);
}
