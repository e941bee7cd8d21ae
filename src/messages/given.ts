import { isDeepStrictEqual } from 'node:util';
import { patternsOverlap } from '../subjects/subject.ts';
import { DUPLICATE_WINDOW_NS, type ManagedConfig, type Origin, type StreamName } from './config.ts';

/** What a request sets of a stream. Undefined: left out. */
export type GivenConfig = {
  readonly [Key in Exclude<keyof ManagedConfig, 'name'>]?: ManagedConfig[Key] | undefined;
};

/** What an engine can do for managed streams. */
export interface ManagedCapabilities {
  readonly replicasMax: number;
}

export type ConfigRefusal =
  | { readonly code: 'invalid-property'; readonly property: string; readonly reason: string }
  | { readonly code: 'fixed-property'; readonly property: string }
  | { readonly code: 'replicas-unavailable'; readonly replicasMax: number };

export type Configured =
  | { readonly ok: true; readonly config: ManagedConfig }
  | { readonly ok: false; readonly refusal: ConfigRefusal };

/** The configuration that a request makes of nothing. */
export function createConfig(
  name: StreamName,
  given: GivenConfig,
  capabilities: ManagedCapabilities,
): Configured {
  const config: ManagedConfig = {
    name,
    description: given.description,
    metadata: given.metadata ?? {},
    subjects: given.subjects ?? [],
    storage: given.storage ?? 'file',
    discard: given.discard ?? 'old',
    messagesMax: given.messagesMax,
    bytesMax: given.bytesMax,
    maxAgeNs: given.maxAgeNs,
    messagesPerSubjectMax: given.messagesPerSubjectMax,
    messageBytesMax: given.messageBytesMax,
    consumersMax: given.consumersMax,
    replicas: given.replicas ?? 1,
    duplicateWindowNs: given.duplicateWindowNs ?? DUPLICATE_WINDOW_NS,
    mirror: given.mirror,
    sources: given.sources ?? [],
    sealed: given.sealed ?? false,
    denyDelete: given.denyDelete ?? false,
    denyPurge: given.denyPurge ?? false,
  };
  return judge(reachable(config), capabilities);
}

/** The configuration that a request makes of another; what it leaves out stays as it was. */
export function updateConfig(
  current: ManagedConfig,
  given: GivenConfig,
  capabilities: ManagedCapabilities,
): Configured {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const config: ManagedConfig = { ...current, ...set };
  const fixed = fixedIn(current, config);
  if (fixed !== undefined) return refuse({ code: 'fixed-property', property: fixed });
  return judge(reachable(config), capabilities);
}

export function sameConfig(one: ManagedConfig, other: ManagedConfig): boolean {
  return isDeepStrictEqual(one, other);
}

/** A stream that nothing would bring a message to captures its own name. */
function reachable(config: ManagedConfig): ManagedConfig {
  const { name, subjects, mirror, sources } = config;
  const isReached = subjects.length > 0 || mirror !== undefined || sources.length > 0;
  return isReached ? config : { ...config, subjects: [name] };
}

/** What a new configuration changes and must not; as JetStream has it. */
function fixedIn(current: ManagedConfig, config: ManagedConfig): string | undefined {
  if (current.storage !== config.storage) return 'storage';
  if (!isDeepStrictEqual(current.mirror, config.mirror)) return 'mirror';
  if (current.sealed && !config.sealed) return 'sealed';
  if (current.denyDelete && !config.denyDelete) return 'deny_delete';
  if (current.denyPurge && !config.denyPurge) return 'deny_purge';
  return undefined;
}

function judge(config: ManagedConfig, { replicasMax }: ManagedCapabilities): Configured {
  if (config.replicas > replicasMax) return refuse({ code: 'replicas-unavailable', replicasMax });
  const { subjects, mirror, sources } = config;
  if (mirror !== undefined && subjects.length > 0) {
    return invalid('subjects', 'must be left out of a mirror, which captures nothing');
  }
  if (mirror !== undefined && sources.length > 0) {
    return invalid('sources', 'must be left out of a mirror, which has one origin');
  }
  for (const [index, one] of subjects.entries()) {
    const other = subjects.slice(index + 1).find((each) => patternsOverlap(one, each));
    if (other !== undefined) return invalid('subjects', `has ${one} and ${other}, which overlap`);
  }
  const origins = mirror === undefined ? sources : [mirror];
  const badOrigin = judgeOrigins(config.name, origins);
  if (badOrigin !== undefined)
    return invalid(mirror === undefined ? 'sources' : 'mirror', badOrigin);
  return { ok: true, config };
}

function judgeOrigins(name: string, origins: readonly Origin[]): string | undefined {
  const names = new Set<string>();
  for (const { stream, startSeq, startAtMs } of origins) {
    if (stream === name) return 'must not name the stream itself';
    if (names.has(stream)) return `names ${stream} twice`;
    names.add(stream);
    if (startSeq !== undefined && startAtMs !== undefined) {
      return 'may begin at opt_start_seq or at opt_start_time, not at both';
    }
  }
  return undefined;
}

function invalid(property: string, reason: string): Configured {
  return refuse({ code: 'invalid-property', property, reason });
}

function refuse(refusal: ConfigRefusal): Configured {
  return { ok: false, refusal };
}
