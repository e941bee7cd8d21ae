import type { Config } from './config.ts';
import { DEFAULTS, LOG_LEVELS } from './config.ts';

/** How a flag's text becomes a value. */
export type FlagKind =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly unit: string }
  | { readonly kind: 'text'; readonly placeholder: string }
  | { readonly kind: 'switch' }
  | { readonly kind: 'fsync' }
  | { readonly kind: 'log-level' }
  | { readonly kind: 'list'; readonly placeholder: string };

export interface Flag {
  readonly key: keyof Config;
  readonly type: FlagKind;
  readonly help: string;
}

const DAY_MS = 86_400_000;
const HUGE = Number.MAX_SAFE_INTEGER;

const bytes = (min: number, max = HUGE): FlagKind => ({ kind: 'integer', min, max, unit: 'bytes' });
const ms = (min: number, max = 30 * DAY_MS): FlagKind => ({
  kind: 'integer',
  min,
  max,
  unit: 'ms',
});
const count = (min: number, max = HUGE): FlagKind => ({ kind: 'integer', min, max, unit: 'count' });
const text = (placeholder: string): FlagKind => ({ kind: 'text', placeholder });

/** Every setting, in the order of `--help`. The flag and the variable follow from the key. */
export const FLAGS: readonly Flag[] = [
  {
    key: 'port',
    type: { kind: 'integer', min: 0, max: 65_535, unit: 'port' },
    help: 'TCP port to listen on; 0 takes a free one',
  },
  { key: 'host', type: text('ADDRESS'), help: 'address to listen on' },
  { key: 'dataDir', type: text('FOLDER'), help: 'where the data is kept' },
  { key: 'memory', type: { kind: 'switch' }, help: 'keep everything in memory, nothing on disk' },
  {
    key: 'repair',
    type: { kind: 'switch' },
    help: 'for one start, open a folder whose log is damaged: what comes after the damage is given up and moved to wal/lost',
  },
  {
    key: 'fsync',
    type: { kind: 'fsync' },
    help: 'when a write counts as stored: always (after a sync), interval=MS (a crash of the machine may lose that much), never',
  },
  {
    key: 'insecureOpen',
    type: { kind: 'switch' },
    help: 'where no credentials are configured, serve everybody on an address that others can reach',
  },
  {
    key: 'corsOrigins',
    type: { kind: 'list', placeholder: 'ORIGIN,…' },
    help: 'origins whose pages may use the server; none given: any',
  },
  { key: 'logLevel', type: { kind: 'log-level' }, help: `one of ${LOG_LEVELS.join(', ')}` },

  {
    key: 'jwtSecret',
    type: text('SECRET'),
    help: 'secret of at least 32 bytes that tokens are signed with (HS256); better set by the variable, for others can read command lines',
  },
  {
    key: 'jwtPublicKey',
    type: text('FILE'),
    help: 'public key that tokens are verified by: a file in PEM, or the PEM itself; RSA is for RS256, P-256 for ES256, Ed25519 for EdDSA',
  },
  {
    key: 'jwksUrl',
    type: text('URL'),
    help: 'where the issuer of the tokens publishes its public keys',
  },
  { key: 'jwtIssuer', type: text('ISSUER'), help: 'what `iss` of a token must be' },
  { key: 'jwtAudience', type: text('AUDIENCE'), help: 'what `aud` of a token must name' },
  {
    key: 'jwtAccountClaim',
    type: text('CLAIM'),
    help: 'the claim of a token that names its account',
  },
  {
    key: 'jwtLeewayMs',
    type: ms(0, 600_000),
    help: 'how far apart the clocks of the issuer and of this server may be',
  },
  {
    key: 'accessTokenInQuery',
    type: { kind: 'switch' },
    help: 'take a token from `?access_token=` too, as the EventSource of browsers needs it; proxies may log it',
  },
  {
    key: 'openMetrics',
    type: { kind: 'switch' },
    help: 'ask for no credentials at /metrics',
  },
  {
    key: 'accountRequestsPerSecondMax',
    type: count(0),
    help: 'requests that an account may make in a second; more get 429; 0: no limit',
  },
  {
    key: 'accountLiveReadersMax',
    type: count(0),
    help: 'waiting long-polls and SSE readers of an account; more get 429; 0: no limit',
  },
  {
    key: 'accountStreamsMax',
    type: count(0),
    help: 'streams that an account may have, durable and managed ones together; more get 429; 0: no limit',
  },
  {
    key: 'accountBytesMax',
    type: bytes(0),
    help: 'bytes that the streams of an account may hold; more get 429; 0: no limit',
  },

  {
    key: 'servicesAllowLoopback',
    type: { kind: 'switch' },
    help: 'let services be called on this machine',
  },
  {
    key: 'servicesAllowPrivate',
    type: { kind: 'switch' },
    help: 'let services be called in private, link-local and shared networks, and on this machine',
  },
  {
    key: 'serviceTimeoutMs',
    type: ms(1, 600_000),
    help: 'how long a service may take that is registered without a time of its own',
  },
  {
    key: 'serviceAnswerBytesMax',
    type: bytes(1, 2 ** 30),
    help: 'largest answer of a service that is taken whole',
  },
  {
    key: 'serviceCallsMax',
    type: count(1, 100_000),
    help: 'calls of services under way at once; more are refused, or wait for their turn',
  },

  { key: 'longPollTimeoutMs', type: ms(1), help: 'how long a long-poll waits for data' },
  {
    key: 'sseDurationMs',
    type: ms(100),
    help: 'how long an SSE connection lasts before the client reconnects',
  },
  { key: 'sseKeepAliveMs', type: ms(100), help: 'how often an idle SSE connection gets a comment' },
  { key: 'shutdownTimeoutMs', type: ms(0), help: 'how long a stop waits for open requests' },
  {
    key: 'headersTimeoutMs',
    type: ms(100),
    help: 'how long a client may take to send its headers',
  },
  {
    key: 'requestTimeoutMs',
    type: ms(100),
    help: 'how long a client may take to send a whole request',
  },
  {
    key: 'keepAliveTimeoutMs',
    type: ms(0),
    help: 'how long an idle connection is kept; 0: for ever',
  },

  { key: 'bodyBytesMax', type: bytes(1, 2 ** 30), help: 'largest request body' },
  { key: 'headerBytesMax', type: bytes(1024, 2 ** 20), help: 'largest request header' },
  {
    key: 'pageBytes',
    type: bytes(1024, 2 ** 30),
    help: 'how much one read answers with; a read of more gets a first part of at most 1 MiB',
  },
  {
    key: 'readCacheBytesMax',
    type: bytes(0),
    help: 'how much of what many readers ask for is kept ready; 0: nothing',
  },
  { key: 'jsonDepthMax', type: count(1, 100_000), help: 'how deep JSON may nest' },
  {
    key: 'messagesPerAppendMax',
    type: count(1, 2 ** 24),
    help: 'how many messages one JSON append may hold',
  },
  { key: 'connectionsMax', type: count(1), help: 'open connections; more are closed at once' },
  {
    key: 'liveReadersMax',
    type: count(0),
    help: 'waiting long-polls and SSE readers; more get 503',
  },
  {
    key: 'producersPerStreamMax',
    type: count(1, 2 ** 20),
    help: 'idempotent producers that a stream remembers',
  },
  {
    key: 'producerIdleMs',
    type: ms(0, 3650 * DAY_MS),
    help: 'how long a producer must be silent before a full stream may forget it',
  },
  {
    key: 'forkDepthMax',
    type: count(1, 10_000),
    help: 'how many forks of forks may follow each other',
  },

  { key: 'memoryBytesMax', type: bytes(1), help: 'how much --memory may hold; more gets 507' },
  {
    key: 'unflushedBytesMax',
    type: bytes(1),
    help: 'how much may wait in memory for a checkpoint; from half of it on writers wait too, beyond it they get 503',
  },
  {
    key: 'checkpointBytes',
    type: bytes(1),
    help: 'how much may wait in memory before a checkpoint begins ahead of its time',
  },
  { key: 'checkpointIntervalMs', type: ms(10), help: 'how often the log is taken into the index' },
  { key: 'walSegmentBytes', type: bytes(4096, 2 ** 30), help: 'size of a write-ahead log file' },
  { key: 'idleStreamsMax', type: count(0), help: 'idle streams whose heads stay in memory' },
];

/** `longPollTimeoutMs` → `long-poll-timeout-ms` */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `longPollTimeoutMs` → `MILLRACE_LONG_POLL_TIMEOUT_MS` */
export function variableName(key: string): string {
  return `MILLRACE_${flagName(key).replaceAll('-', '_').toUpperCase()}`;
}

/** A default as a user would write it. */
export function defaultText(key: keyof Config): string {
  const value = DEFAULTS[key];
  if (typeof value === 'object') return 'kind' in value ? value.kind : value.join(',');
  return String(value);
}
