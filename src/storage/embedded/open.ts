import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_DEFAULTS } from './checkpoint.ts';
import { EmbeddedEngine, type EngineEvents, type EngineSettings } from './engine.ts';
import { Unavailable } from './files.ts';
import { findDamage } from './index/lmdb-file.ts';
import { openLmdb } from './index/lmdb.ts';
import { FolderUnusable, lockFolder } from './lock.ts';
import { nodeFiles } from './node-files.ts';
import { FolderDamaged } from './recovery/damage.ts';

export interface FolderSettings extends Omit<EngineSettings, 'walDirectory' | 'checkpoint'> {
  readonly directory: string;
  /** Default: true. See `LmdbSettings`. */
  readonly safeRestore?: boolean;
}

/** An engine in a folder of the real file system, which is locked until it is closed. */
export async function openFolder(
  settings: FolderSettings,
  events: EngineEvents,
): Promise<EmbeddedEngine> {
  try {
    return await open(settings, events);
  } catch (error) {
    const cause = error instanceof Unavailable ? error.cause : error;
    const isSystemError = cause instanceof Error && 'syscall' in cause;
    throw isSystemError ? new FolderUnusable(settings.directory, cause) : error;
  }
}

async function open(settings: FolderSettings, events: EngineEvents): Promise<EmbeddedEngine> {
  const { directory } = settings;
  await mkdir(directory, { recursive: true });
  const lock = await lockFolder(directory);
  try {
    const path = join(directory, 'index');
    const damage = await findDamage(path);
    if (damage !== undefined) {
      throw new FolderDamaged(join(path, 'data.mdb'), damage.byte, damage.problem);
    }
    const index = await openLmdb({
      path,
      mapBytes: 0,
      safeRestore: settings.safeRestore ?? true,
      onFailure: (error) => {
        events.onFailure(error);
      },
    });
    try {
      return await EmbeddedEngine.open(
        { files: nodeFiles, index, random: Math.random, events, onClosed: () => lock.close() },
        { ...settings, walDirectory: join(directory, 'wal'), checkpoint: CHECKPOINT_DEFAULTS },
      );
    } catch (error) {
      await index.close();
      throw error;
    }
  } catch (error) {
    await lock.close();
    throw error;
  }
}
