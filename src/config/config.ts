/** When a write counts as stored: after a sync, or with a sync now and then, or never. */
export type FsyncMode =
  | { readonly kind: 'always' }
  | { readonly kind: 'interval'; readonly ms: number }
  | { readonly kind: 'never' };

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All that can be set, resolved: units in the names, nothing left to guess. */
export interface Config {
  /** TCP port; 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Where an embedded engine keeps its files. */
  readonly dataDir: string;
  /** Keep everything in memory and nothing on disk. */
  readonly memory: boolean;
  /** For one start: go on without what comes after damage to the log. */
  readonly repair: boolean;
  /** What an acknowledgement means. */
  readonly fsync: FsyncMode;
  readonly insecureOpen: boolean;
  readonly logLevel: LogLevel;
  /** Origins that browsers may use the server from. Empty: any. */
  readonly corsOrigins: readonly string[];

  /** Secret that tokens are signed with (HS256). Empty: none. */
  readonly jwtSecret: string;
  /** Public key in PEM that tokens are verified by (RS256, ES256, EdDSA). Empty: none. */
  readonly jwtPublicKey: string;
  /** Where the public keys are that tokens are verified by. Empty: nowhere. */
  readonly jwksUrl: string;
  /** Who must have issued a token. Empty: anyone who could sign it. */
  readonly jwtIssuer: string;
  /** Whom a token must be meant for. Empty: anyone. */
  readonly jwtAudience: string;
  readonly jwtAccountClaim: string;
  readonly jwtLeewayMs: number;
  readonly accessTokenInQuery: boolean;
  readonly openMetrics: boolean;
  /** 0: no limit. */
  readonly accountRequestsPerSecondMax: number;
  /** 0: no limit. */
  readonly accountLiveReadersMax: number;
  /** 0: no limit. */
  readonly accountStreamsMax: number;
  /** 0: no limit. */
  readonly accountBytesMax: number;

  /** Services may be called on this machine. */
  readonly servicesAllowLoopback: boolean;
  /** Services may be called in networks of one's own, this machine included. */
  readonly servicesAllowPrivate: boolean;
  /** Of a service that was registered without a time of its own. */
  readonly serviceTimeoutMs: number;
  /** Of an answer that is taken whole. */
  readonly serviceAnswerBytesMax: number;
  /** Calls of services under way at once. */
  readonly serviceCallsMax: number;

  readonly longPollTimeoutMs: number;
  readonly sseDurationMs: number;
  readonly sseKeepAliveMs: number;
  readonly shutdownTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;

  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  readonly pageBytes: number;
  readonly readCacheBytesMax: number;
  readonly jsonDepthMax: number;
  readonly messagesPerAppendMax: number;
  readonly connectionsMax: number;
  readonly liveReadersMax: number;
  readonly producersPerStreamMax: number;
  readonly producerIdleMs: number;
  readonly forkDepthMax: number;

  readonly memoryBytesMax: number;
  readonly unflushedBytesMax: number;
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  readonly walSegmentBytes: number;
  readonly idleStreamsMax: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MIB = 1024 * 1024;

export const DEFAULTS: Config = {
  port: 4437,
  host: '127.0.0.1',
  dataDir: './data',
  memory: false,
  repair: false,
  fsync: { kind: 'always' },
  insecureOpen: false,
  logLevel: 'info',
  corsOrigins: [],

  jwtSecret: '',
  jwtPublicKey: '',
  jwksUrl: '',
  jwtIssuer: '',
  jwtAudience: '',
  jwtAccountClaim: 'account',
  jwtLeewayMs: 5000,
  accessTokenInQuery: false,
  openMetrics: false,
  accountRequestsPerSecondMax: 0,
  accountLiveReadersMax: 0,
  accountStreamsMax: 0,
  accountBytesMax: 0,

  servicesAllowLoopback: false,
  servicesAllowPrivate: false,
  serviceTimeoutMs: 30_000,
  serviceAnswerBytesMax: 16 * MIB,
  serviceCallsMax: 256,

  longPollTimeoutMs: 30_000,
  sseDurationMs: MINUTE_MS,
  sseKeepAliveMs: 15_000,
  shutdownTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,

  bodyBytesMax: 16 * MIB,
  headerBytesMax: 16 * 1024,
  pageBytes: 1024 * MIB,
  readCacheBytesMax: 32 * MIB,
  jsonDepthMax: 128,
  messagesPerAppendMax: 65_536,
  connectionsMax: 20_000,
  liveReadersMax: 10_000,
  producersPerStreamMax: 1024,
  producerIdleMs: 7 * DAY_MS,
  forkDepthMax: 64,

  memoryBytesMax: 1024 * MIB,
  unflushedBytesMax: 256 * MIB,
  checkpointBytes: 64 * MIB,
  checkpointIntervalMs: 10_000,
  walSegmentBytes: 64 * MIB,
  idleStreamsMax: 20_000,
};
