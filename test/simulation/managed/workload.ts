import { NS_PER_MS, type ManagedConfig, type NewMessage } from '../../../src/messages/config.ts';
import type { Copy, PublishRequest } from '../../../src/messages/publish.ts';
import type { Random } from '../../support/random.ts';
import {
  managedConfig,
  origin,
  pattern,
  publishRequest,
  streamName,
  subject,
} from '../../support/managed.ts';
import type { ManagedAction, ModelManaged, ModelStreams } from './model.ts';

const NAMES = ['acme\0A', 'acme\0B', 'acme\0C', 'zeta\0A'] as const;
/** What a stream captures: mostly what none beside it does. */
const CAPTURED: Readonly<Record<string, readonly string[]>> = {
  'acme\0A': ['a.>'],
  'acme\0B': ['b.*', 'b.*.*'],
  'acme\0C': ['c', 'c.>'],
  'zeta\0A': ['a.>', 'b.>', 'c.>'],
};
/** At most one stream of an account has it. */
const CONTESTED = 'a.1';
const SUBJECTS = ['1', '2', 'x.1', 'x.2', 'ä', '\u{1f600}.1'] as const;
/** One for all: what is older than a shorter window may be forgotten for good. */
const WINDOW_MS = 20_000;
const MESSAGE_IDS = 6;

/** Asks of managed streams what clients could ask. */
export class ManagedWorkload {
  readonly #random: Random;
  #bodyCount = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Every name that a managed stream may have. */
  get names(): readonly string[] {
    return NAMES;
  }

  someName(): string {
    return this.#random.pick(NAMES) ?? NAMES[0];
  }

  /** Something that mostly fits the stream of the name. */
  nextAction(streams: ModelStreams, name: string, nowMs: number): ManagedAction {
    const stream = streams.get(name);
    const random = this.#random;
    if (stream === undefined && random.chance(0.9)) return this.#configure(name, stream, nowMs);
    const kind = random.weighted<ManagedAction['kind']>([
      [60, 'publish'],
      [14, 'remove'],
      [8, 'enforce'],
      [8, 'configure'],
      [4, 'clear'],
      [stream?.config.sealed === true ? 20 : 6, 'drop'],
    ]);
    switch (kind) {
      case 'configure':
        return this.#configure(name, stream, nowMs);
      case 'publish':
        return { kind, request: this.#publish(name, stream, nowMs) };
      case 'remove': {
        const cause = random.pick(['delete', 'purge', 'trim'] as const) ?? 'trim';
        return { kind, seqs: this.#someSeqs(stream), cause };
      }
      case 'enforce':
        return { kind, nowMs, messagesMax: random.between(1, 5) };
      case 'clear':
      case 'drop':
        return { kind };
    }
  }

  #configure(name: string, before: ModelManaged | undefined, nowMs: number): ManagedAction {
    const isStale = this.#random.chance(0.05);
    const expected = isStale ? this.#random.below(4) : (before?.revision ?? 0);
    const config = this.#config(name, before?.config.storage);
    return { kind: 'configure', config, expected, nowMs };
  }

  #config(name: string, storage: ManagedConfig['storage'] | undefined): ManagedConfig {
    const random = this.#random;
    const own = CAPTURED[name] ?? [];
    const captured = random.chance(0.15) && !name.endsWith('A') ? [...own, CONTESTED] : own;
    const maybe = (low: number, high: number): number | undefined =>
      random.chance(0.3) ? random.between(low, high) : undefined;
    const ageMs = random.chance(0.15) ? random.between(1000, 60_000) : undefined;
    return managedConfig({
      name: streamName(name.slice(name.indexOf('\0') + 1)),
      subjects: captured.map(pattern),
      storage: storage ?? (random.chance(0.12) ? 'memory' : 'file'),
      discard: random.chance(0.8) ? 'old' : 'new',
      messagesMax: maybe(1, 12),
      bytesMax: maybe(20, 400),
      messagesPerSubjectMax: maybe(1, 4),
      messageBytesMax: random.chance(0.05) ? 40 : undefined,
      maxAgeNs: ageMs === undefined ? undefined : ageMs * NS_PER_MS,
      duplicateWindowNs: WINDOW_MS * NS_PER_MS,
      mirror: random.chance(0.04) ? origin('elsewhere') : undefined,
      sealed: random.chance(0.01),
      denyDelete: random.chance(0.05),
      denyPurge: random.chance(0.05),
      metadata: random.chance(0.1) ? { note: 'ä'.repeat(random.between(1, 200)) } : {},
    });
  }

  #publish(name: string, stream: ModelManaged | undefined, nowMs: number): PublishRequest {
    const random = this.#random;
    const count = random.weighted([
      [14, 1],
      [4, 2],
      [2, random.between(3, 8)],
    ]);
    const messages = Array.from({ length: count }, () => this.#message(name));
    // What becomes of the ids of a stream in memory when the server restarts is nobody's promise.
    const hasId = stream?.config.storage !== 'memory' && random.chance(0.35);
    const isGuess = random.chance(0.2);
    const lastSeq = stream?.lastSeq ?? 0;
    const lastOn = stream?.messages.findLast((each) => each.subject === messages[0]?.subject);
    const isCopy = stream?.config.mirror !== undefined ? random.chance(0.9) : random.chance(0.05);
    return publishRequest(messages, {
      nowMs,
      messageId: hasId ? `id-${random.below(MESSAGE_IDS)}` : undefined,
      expectedLastSeq: random.chance(0.1) ? lastSeq + (isGuess ? 1 : 0) : undefined,
      expectedLastSubjectSeq: random.chance(0.1)
        ? (lastOn?.seq ?? 0) + (isGuess ? 1 : 0)
        : undefined,
      copy: isCopy ? this.#copy(lastSeq, count, nowMs) : undefined,
    });
  }

  /** A mirror's sequences have the gaps of what it copies, and its messages their own times. */
  #copy(lastSeq: number, count: number, nowMs: number): Copy {
    const random = this.#random;
    if (random.chance(0.3)) return { kind: 'source' };
    let seq = lastSeq + (random.chance(0.1) ? -1 : 0);
    const seqs = Array.from({ length: count }, () => (seq += random.between(1, 3)));
    let atMs = nowMs - 30_000;
    const times = seqs.map(() => (atMs += random.between(0, 3000)));
    return { kind: 'mirror', seqs, times };
  }

  #message(name: string): NewMessage {
    this.#bodyCount += 1;
    const first = name.endsWith('A') ? 'a' : name.endsWith('B') ? 'b' : 'c';
    const on = `${first}.${this.#random.pick(SUBJECTS) ?? '1'}`;
    const padding = this.#random.chance(0.1) ? this.#random.between(0, 300) : 0;
    const body = JSON.stringify(`${this.#bodyCount}${'.'.repeat(padding)}`);
    return { subject: subject(on), body: Buffer.from(body) };
  }

  #someSeqs(stream: ModelManaged | undefined): number[] {
    const count = this.#random.between(1, 4);
    const lastSeq = stream?.lastSeq ?? 0;
    return Array.from({ length: count }, () => {
      const held = this.#random.pick(stream?.messages ?? []);
      const isThere = held !== undefined && this.#random.chance(0.85);
      return isThere ? held.seq : this.#random.between(1, lastSeq + 2);
    });
  }
}
