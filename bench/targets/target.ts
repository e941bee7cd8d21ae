import type { Workspace } from '../system/workspace.ts';

/** The measures that run on several targets side by side. */
export type Comparison =
  ProtocolComparison | 'publish' | 'publish-batch' | 'auth' | 'idle-triggers';

type ProtocolComparison = 'appends' | 'latency' | 'fan-out' | 'catch-up' | 'batches';

/** Something to measure. Names are unique: tables, goals and `--only` refer to them. */
export interface Target {
  readonly name: string;
  readonly about: string;
  /** A ceiling answers only what one measure asks and stores nothing: no stream is created on it. */
  readonly ceiling: boolean;
  readonly comparisons: readonly Comparison[];
  readonly start: (workspace: Workspace) => Promise<Running>;
}

export interface Running {
  readonly url: string;
  /** Undefined for a peer, whose process is not ours to look into. */
  readonly pid: number | undefined;
  /** The header line that its requests need; empty where they need none. */
  readonly credential?: string;
  readonly stop: () => Promise<void>;
}

/** What every server of the protocol can be asked for. */
export const protocolComparisons: readonly ProtocolComparison[] = [
  'appends',
  'latency',
  'fan-out',
  'catch-up',
  'batches',
];
