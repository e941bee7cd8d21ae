import type { Logger } from 'pino';
import type { Config } from './config/config.ts';
import type { Metrics } from './http/metrics.ts';
import { openQuotas, type Quotas } from './quotas/open-quotas.ts';
import type { EmbeddedEngine } from './storage/embedded/engine.ts';
import { openFolder } from './storage/embedded/open.ts';
import { MemoryEngine } from './storage/memory/engine.ts';
import type { MessageStore } from './storage/message-port.ts';
import type { LogStore } from './storage/port.ts';

export interface OpenStore extends Quotas {
  readonly engine: EmbeddedEngine | undefined;
  readonly isNew: boolean;
}

interface Engine {
  readonly store: LogStore;
  readonly messages: MessageStore;
  readonly engine: EmbeddedEngine | undefined;
  readonly isNew: boolean;
}

/** Opens the data folder, or memory, and counts what is in it where accounts are limited. */
export async function openStore(
  config: Config,
  logger: Logger,
  metrics: Metrics,
  onFailure: (error: unknown) => void,
): Promise<OpenStore> {
  const opened = await openEngine(config, logger, metrics, onFailure);
  try {
    return { ...opened, ...(await openQuotas(opened, config)) };
  } catch (error) {
    await opened.store.close();
    throw error;
  }
}

async function openEngine(
  config: Config,
  logger: Logger,
  metrics: Metrics,
  onFailure: (error: unknown) => void,
): Promise<Engine> {
  if (config.memory) {
    const life = Date.now().toString(36);
    const store = new MemoryEngine({ bytesMax: config.memoryBytesMax, life });
    return { store, messages: store.messages, engine: undefined, isNew: true };
  }
  const engine = await openFolder(
    {
      directory: config.dataDir,
      fsync: config.fsync,
      segmentBytes: config.walSegmentBytes,
      unflushedBytesMax: config.unflushedBytesMax,
      checkpointBytes: Math.min(config.checkpointBytes, config.unflushedBytesMax / 4),
      checkpointIntervalMs: config.checkpointIntervalMs,
      memoryBytesMax: config.memoryBytesMax,
      idleLogsMax: config.idleStreamsMax,
      repair: config.repair,
    },
    {
      onFailure,
      onGroup: (commits, bytes, syncSeconds) => {
        metrics.group(commits, bytes, syncSeconds);
      },
      onCheckpoint: (seconds) => {
        metrics.checkpoint(seconds);
        logger.debug({ seconds }, 'checkpoint');
      },
      onCheckpointFailure: (error) => {
        metrics.checkpointFailed();
        logger.error({ err: error }, 'checkpoint failed; it will be tried again');
      },
    },
  );
  const { lastLsn, commitsReplayed, tornTail } = engine.recovered;
  if (config.repair) tellRepair(logger, engine.repaired);
  if (commitsReplayed > 0) logger.info({ commitsReplayed }, 'replayed the log');
  if (tornTail !== undefined) {
    logger.warn(tornTail, 'cut off an unacknowledged write at the end of the log');
  }
  return { store: engine, messages: engine.messages, engine, isNew: lastLsn === 0 };
}

function tellRepair(logger: Logger, repaired: EmbeddedEngine['repaired']): void {
  if (repaired === undefined) {
    logger.info('the data folder needs no repair; start without --repair');
    return;
  }
  const { damage, loss, movedTo } = repaired;
  const { file, byte, problem } = damage;
  const cost = loss.isNothing ? 'no commit is lost' : 'what came after the damage is given up';
  logger.warn(
    { file, byte, problem, ...loss, movedTo },
    `repaired the log: ${cost}; start without --repair from now on`,
  );
}
