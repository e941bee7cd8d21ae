import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { CommitOutcome, Op } from '../../src/storage/port.ts';

/** An engine on which another process commits something first, once, when somebody commits. */
export class OvertakenEngine extends MemoryEngine {
  #overtaking: (() => readonly Op[]) | undefined;

  constructor() {
    super({ bytesMax: 1 << 20, life: 'test' });
  }

  /** `ops` is asked at that moment, for the versions that it expects. */
  overtakeNext(ops: () => readonly Op[]): void {
    this.#overtaking = ops;
  }

  override async commit(ops: readonly Op[]): Promise<CommitOutcome> {
    const overtaking = this.#overtaking;
    this.#overtaking = undefined;
    if (overtaking !== undefined) await super.commit(overtaking());
    return super.commit(ops);
  }

  versionOf(name: string): number {
    return this.latest(name)?.version ?? 0;
  }
}
