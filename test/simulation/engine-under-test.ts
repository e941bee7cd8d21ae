import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import { isPromise, type MaybePromise } from '../../src/lib/maybe-promise.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import type { LogStore } from '../../src/storage/port.ts';
import { expect } from './violation.ts';

/** What the simulation drives: the embedded engine, or a mutant of it. */
export interface EngineUnderTest
  extends
    LogStore,
    Pick<EmbeddedEngine, 'checkpoint' | 'recovered' | 'unflushedBytes' | 'checkpointLag'> {
  readonly messages: MessageStore;
}

/** The embedded engine answers these questions from memory: nothing can come in between. */
export function atOnce<T>(value: MaybePromise<T>): T {
  expect(!isPromise(value), () => 'the engine answered with a promise');
  return value;
}
