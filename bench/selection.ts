import type { Measure } from './bench.ts';
import { appends } from './measures/appends.ts';
import { auth } from './measures/auth.ts';
import { batches } from './measures/batches.ts';
import { catchUp } from './measures/catch-up.ts';
import { fanOut } from './measures/fan-out.ts';
import { idle } from './measures/idle.ts';
import { latency } from './measures/latency.ts';
import { publish, publishBatch } from './measures/publish.ts';
import { replay } from './measures/replay.ts';
import { search } from './measures/search.ts';
import { triggers } from './measures/triggers.ts';
import { UsageError, type Options } from './options.ts';
import { ceilings } from './targets/ceilings.ts';
import { guarded } from './targets/guarded.ts';
import { millrace } from './targets/millrace.ts';
import { peer } from './targets/peer.ts';
import { references } from './targets/reference.ts';
import { triggered } from './targets/triggered.ts';
import type { Target } from './targets/target.ts';

const allMeasures: readonly Measure[] = [
  ...[appends, latency, fanOut, catchUp, batches],
  ...[publish, publishBatch, search, auth, triggers],
  ...[idle, replay],
];
/** These look at Millrace alone. */
const ownMeasures: ReadonlySet<Measure> = new Set([search, triggers, idle, replay]);

export interface Selection {
  readonly measures: readonly Measure[];
  readonly targets: readonly Target[];
}

export function select(options: Options): Selection {
  const allTargets = [
    ...ceilings,
    ...references,
    millrace,
    ...guarded,
    triggered,
    ...options.peers.map(({ name, url }) => peer(name, url)),
  ];
  const measureNames = allMeasures.map(({ name }) => name);
  const targetNames = allTargets.map(({ name }) => name);
  const known = new Set([...measureNames, ...targetNames]);
  if (known.size < measureNames.length + targetNames.length) {
    throw new UsageError('a peer needs a name of its own');
  }
  const unknown = options.only.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new UsageError(
      `--only does not know ${unknown.join(', ')}\n` +
        `  measures: ${measureNames.join(', ')}\n  targets: ${targetNames.join(', ')}`,
    );
  }
  const targets = narrow(allTargets, options.only);
  const measures = targets.includes(millrace)
    ? allMeasures
    : allMeasures.filter((measure) => !ownMeasures.has(measure));
  return { measures: narrow(measures, options.only), targets };
}

/** Those that are named; all, when none of their kind is. */
function narrow<T extends { readonly name: string }>(
  all: readonly T[],
  only: readonly string[],
): readonly T[] {
  const named = all.filter(({ name }) => only.includes(name));
  return named.length === 0 ? all : named;
}
