import type { IncomingMessage, ServerResponse } from 'node:http';
import { pino, type Logger } from 'pino';
import { randomBytes, randomUUID } from 'node:crypto';
import { DEFAULT_ACCOUNT } from './accounts/caller.ts';
import { openAccounts } from './accounts/open-accounts.ts';
import type { Config } from './config/config.ts';
import { isLoopback } from './config/loopback.ts';
import { withDefaults } from './config/parse.ts';
import { openDelivery } from './delivery/open-delivery.ts';
import { furnish } from './furnish.ts';
import { createApp, type App } from './http/app.ts';
import { LiveReaders } from './http/live-readers.ts';
import { Metrics } from './http/metrics.ts';
import { Copying } from './managed/copying.ts';
import { ManagedService } from './managed/managed-service.ts';
import { ManagedSweeper } from './managed/managed-sweeper.ts';
import { SubjectTrims } from './managed/subject-trims.ts';
import { ReadCache } from './http/streams/read-cache.ts';
import { systemClock } from './lib/clock.ts';
import { openStore } from './open-store.ts';
import type { HandlerRegistration } from './services/handler.ts';
import { BucketService } from './streams/bucket-service.ts';
import { ExpirySweeper } from './streams/expiry-sweeper.ts';
import { StreamService } from './streams/stream-service.ts';
import { tellOfTriggers } from './tell-of-triggers.ts';

/** What an embedder may set: every setting of the command line, in camelCase, and a logger. */
export interface MillraceOptions extends Partial<Config> {
  /** Where to log. Default: to standard output, at `logLevel`. */
  readonly logger?: Logger;
  /** What answers on subjects in this process, beside the HTTP endpoints that are registered. */
  readonly services?: readonly HandlerRegistration[];
  /** Called when storing has failed for good. The process should end and be started anew. */
  readonly onFailure?: (error: unknown) => void;
}

/** A running Millrace without a listener of its own. */
export interface Millrace {
  /** Answers a request of any `node:http` server. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly config: Config;
  readonly logger: Logger;
  /** For the listener: what it refuses by itself has to look like an answer of ours. */
  readonly app: App;
  /** Nobody has to show a credential. */
  isOpen(): boolean;
  /** Ends live reads so that their clients can go on elsewhere, and takes no new ones. */
  endLiveReads(): void;
  /**
   * Ends live reads, stores what is pending and lets go of the data folder. Idempotent. The embedder closes its own listener.
   */
  close(): Promise<void>;
}

/** Opens the data folder, or memory, and everything that answers from it. */
export async function createServer(options: MillraceOptions = {}): Promise<Millrace> {
  const { logger: given, onFailure, services: handlers = [], ...settings } = options;
  const config = withDefaults(settings);
  const logger = given ?? pino({ level: config.logLevel });
  const metrics = new Metrics();
  const state = { isFailed: false, isStopping: false };

  const fail = (error: unknown): void => {
    state.isFailed = true;
    logger.fatal({ err: error }, 'storing failed for good; restart to recover');
    onFailure?.(error);
  };
  const { store, messages, quota, engine, isNew } = await openStore(config, logger, metrics, fail);
  const letGo = async (error: unknown): Promise<never> => {
    await store.close();
    throw error;
  };
  const accounts = await openAccounts(config, {
    store,
    clock: systemClock,
    fetch,
    randomBytes,
    monotonicMs: () => performance.now(),
    isLoopback: isLoopback(config.host),
    onRequest: (account) => {
      metrics.requestOf(account);
    },
  }).catch(letGo);
  const live = new LiveReaders(config.liveReadersMax, config.accountLiveReadersMax);
  metrics.observe({
    liveReaders: () => live.count,
    unflushedBytes: () => engine?.unflushedBytes ?? 0,
    checkpointLagCommits: () => engine?.checkpointLag ?? 0,
    walBytes: () => engine?.walBytes ?? 0,
    streamsInMemory: () => engine?.logsInMemory ?? 0,
    triggers: () => delivery.triggers.activity(),
  });
  const producerLimits = {
    producersMax: config.producersPerStreamMax,
    producerIdleMs: config.producerIdleMs,
  };
  const streams = new StreamService(
    store,
    systemClock,
    {
      ...producerLimits,
      forkDepthMax: config.forkDepthMax,
      jsonDepthMax: config.jsonDepthMax,
      messagesMax: config.messagesPerAppendMax,
    },
    quota,
    ({ account, name }) => {
      delivery.triggers.news.durableMade(account, name);
    },
  );
  const buckets = new BucketService(store, systemClock);
  const copying = new Copying(
    { logs: store, messages, nowMs: () => systemClock.nowMs() },
    {
      onBlocked: (stream, origin) => {
        logger.warn({ stream, origin }, 'a copy does not take what its origin has; trying again');
      },
      onFailure: (error) => {
        logger.error({ err: error }, 'copying a stream failed; it goes on after a restart');
      },
    },
  );
  const trims = new SubjectTrims(messages, store);
  await trims.load();
  const onManagedChanged = (stored: string): void => {
    copying.refresh(stored);
    delivery.triggers.news.managedChanged(stored);
  };
  const managed = new ManagedService(
    messages,
    systemClock,
    { replicasMax: 1 },
    trims,
    onManagedChanged,
  );
  const carrying = { store, clock: systemClock, limits: producerLimits, quota };
  const delivery = await openDelivery(config, {
    logs: store,
    messages,
    managed,
    onStreamMade: onManagedChanged,
    carrying,
    clock: systemClock,
    monotonicMs: () => performance.now(),
    random: Math.random,
    randomBytes,
    mintId: randomUUID,
    handlers,
    defaultAccount: DEFAULT_ACCOUNT,
    onState: tellOfTriggers(logger),
    onFailure: (error, of) => {
      logger.error({ err: error, of }, 'a trigger or a handler failed');
    },
    onUnreadable: (account, topic) => {
      logger.error({ account, topic }, 'what is stored of a trigger or a service cannot be read');
    },
  }).catch(letGo);
  const managedSweeper = new ManagedSweeper(messages, trims, systemClock);
  const sweeper = new ExpirySweeper(store, streams, systemClock);
  const app = await createApp({
    services: {
      store,
      streams,
      buckets,
      managed,
      ...delivery,
      live,
      cache: new ReadCache(config.readCacheBytesMax),
      clock: systemClock,
      onAppended: (bytes) => {
        metrics.appended(bytes);
      },
      random: Math.random,
      limits: config,
    },
    accounts,
    metrics,
    logger,
    access: config,
    corsOrigins: config.corsOrigins,
    health: () => state,
  });
  if (isNew) await furnish(buckets);
  sweeper.start();
  managedSweeper.start();
  copying.start();
  await delivery.start();

  const endLiveReads = (): void => {
    state.isStopping = true;
    live.shutdown();
  };
  let closing: Promise<void> | undefined;
  return {
    handler: app.handler,
    config,
    logger,
    app,
    isOpen: () => accounts.isOpen,
    endLiveReads,
    close: () => {
      closing ??= (async () => {
        endLiveReads();
        await sweeper.stop();
        await managedSweeper.stop();
        await delivery.stop();
        await copying.stop();
        accounts.close();
        await store.close();
      })();
      return closing;
    },
  };
}
