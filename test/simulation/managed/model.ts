import type { ManagedConfig } from '../../../src/messages/config.ts';
import { conflictWith } from '../../../src/messages/beside.ts';
import type { Declined } from '../../../src/messages/declined.ts';
import {
  decidePublish,
  type PublishDecision,
  type PublishRequest,
} from '../../../src/messages/publish.ts';
import {
  beyondLimits,
  decideRemove,
  removeRefusal,
  type RemoveCause,
} from '../../../src/messages/remove.ts';
import type { Held } from '../../../src/messages/view.ts';
import { must } from '../../../src/lib/assert.ts';
import type { Subject } from '../../../src/subjects/subject.ts';
import { ModelView } from './view.ts';

/** A managed stream as it should be: a plain list. Immutable, as the logs' model is. */
export interface ModelManaged {
  /** The commit that created it. */
  readonly incarnation: number;
  readonly revision: number;
  readonly config: ManagedConfig;
  readonly createdAtMs: number;
  readonly lastSeq: number;
  readonly lastAtMs: number | undefined;
  readonly messages: readonly ModelMessage[];
  readonly ids: ReadonlyMap<string, { readonly seq: number; readonly atMs: number }>;
}

export interface ModelMessage extends Held {
  readonly body: Buffer;
}

export type ModelStreams = ReadonlyMap<string, ModelManaged>;

/** What somebody asks of a managed stream. */
export type ManagedAction =
  | {
      readonly kind: 'configure';
      readonly config: ManagedConfig;
      readonly expected: number;
      readonly nowMs: number;
    }
  | { readonly kind: 'publish'; readonly request: PublishRequest }
  | { readonly kind: 'remove'; readonly seqs: readonly number[]; readonly cause: RemoveCause }
  | { readonly kind: 'enforce'; readonly nowMs: number; readonly messagesMax: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'drop' };

/** What becomes of it. The rules decide, as they do for an engine; what is there is the model's. */
export type ModelDecision =
  | {
      readonly kind: 'op';
      /** The stream then, as the commit of a number makes it. */
      readonly after: (commitId: number) => ModelManaged | undefined;
      /** What the engine is to answer. The head that a configuration is answered with is left out. */
      readonly outcome: object;
    }
  | {
      readonly kind: 'answer';
      readonly outcome: object;
      /** It is decided on all streams of the account, and not on this one alone. */
      readonly restsOnAccount?: boolean;
    };

export function decide(streams: ModelStreams, name: string, action: ManagedAction): ModelDecision {
  const before = streams.get(name);
  if (action.kind === 'configure') return decideConfigure(streams, name, before, action);
  if (before === undefined) return declined({ code: 'stream-not-found' });
  const view = new ModelView(before);
  const without = (gone: readonly Held[]): ModelDecision => {
    const outcome = { kind: 'removed', count: gone.length };
    if (gone.length === 0) return { kind: 'answer', outcome };
    return { kind: 'op', after: () => withoutSeqs(before, gone), outcome };
  };
  switch (action.kind) {
    case 'publish': {
      const decision = decidePublish(view, action.request);
      if (decision.kind !== 'publish') {
        return { kind: 'answer', outcome: decision };
      }
      const after = withoutSeqs(withMessages(before, action.request, decision), decision.dropped);
      const [firstSeq = 0] = decision.seqs;
      return {
        kind: 'op',
        after: () => after,
        outcome: { kind: 'published', firstSeq, lastSeq: after.lastSeq },
      };
    }
    case 'remove': {
      const decision = decideRemove(view, action.seqs, action.cause);
      if (decision.kind === 'declined') return declined(decision.declined);
      return without(decision.removed);
    }
    case 'enforce':
      return without(beyondLimits(view, action.nowMs, action.messagesMax));
    case 'clear': {
      const refusal = removeRefusal(view, 'purge');
      return refusal === undefined ? without(before.messages) : declined(refusal);
    }
    case 'drop': {
      const outcome = { kind: 'removed', count: before.messages.length };
      return { kind: 'op', after: () => undefined, outcome };
    }
  }
}

function decideConfigure(
  streams: ModelStreams,
  name: string,
  before: ModelManaged | undefined,
  { config, expected, nowMs }: Extract<ManagedAction, { kind: 'configure' }>,
): ModelDecision {
  if ((before?.revision ?? 0) !== expected) return declined({ code: 'conflict' });
  const account = accountOf(name);
  const beside = [...streams].filter(([other]) => other.startsWith(account));
  const conflict = conflictWith(
    config,
    beside.map(([, stream]) => stream.config),
  );
  if (conflict !== undefined) return { ...declined(conflict), restsOnAccount: true };
  const after = (incarnation: number): ModelManaged =>
    before === undefined
      ? {
          incarnation,
          revision: 1,
          config,
          createdAtMs: nowMs,
          lastSeq: 0,
          lastAtMs: undefined,
          messages: [],
          ids: new Map(),
        }
      : { ...before, config, revision: before.revision + 1 };
  return { kind: 'op', after, outcome: { kind: 'configured' } };
}

/** What the names of an account's streams begin with. */
export function accountOf(name: string): string {
  return name.slice(0, name.indexOf('\0') + 1);
}

function declined(reason: Declined): Extract<ModelDecision, { kind: 'answer' }> {
  return { kind: 'answer', outcome: { kind: 'declined', declined: reason } };
}

function withMessages(
  before: ModelManaged,
  { messages, messageId }: PublishRequest,
  { seqs, atMs, times }: Extract<PublishDecision, { kind: 'publish' }>,
): ModelManaged {
  const added = messages.map(({ subject, body }, index) => {
    const bytes = Buffer.byteLength(subject) + body.length;
    const createdAtMs = times[index] ?? atMs;
    return { seq: must(seqs[index], 'a sequence each'), subject, createdAtMs, bytes, body };
  });
  const lastSeq = seqs.at(-1) ?? before.lastSeq;
  const ids = new Map(before.ids);
  if (messageId !== undefined) ids.set(messageId, { seq: lastSeq, atMs });
  return { ...before, messages: [...before.messages, ...added], lastSeq, lastAtMs: atMs, ids };
}

function withoutSeqs(before: ModelManaged, gone: readonly Held[]): ModelManaged {
  const seqs = new Set(gone.map(({ seq }) => seq));
  return { ...before, messages: before.messages.filter(({ seq }) => !seqs.has(seq)) };
}

/** A restart leaves a stream in memory without its messages. */
export function restarted(stream: ModelManaged): ModelManaged {
  return stream.config.storage === 'memory' ? { ...stream, messages: [] } : stream;
}

export function countsOf({ messages }: ModelManaged): ReadonlyMap<Subject, number> {
  const counts = new Map<Subject, number>();
  for (const { subject } of messages) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  return counts;
}

const descriptions = new WeakMap<ModelManaged, string>();

/** Its head, in the same words as the oracle's of an engine's. */
export function describeStream(stream: ModelManaged | undefined): string {
  if (stream === undefined) return 'nothing';
  let text = descriptions.get(stream);
  if (text === undefined) {
    const { revision, config, createdAtMs, lastSeq, lastAtMs, messages } = stream;
    const bytes = messages.reduce((sum, message) => sum + message.bytes, 0);
    const firstSeq = messages[0]?.seq ?? lastSeq + 1;
    const subjects = countsOf(stream).size;
    text = describeManaged({
      ...{ revision, config, createdAtMs, lastSeq, lastAtMs },
      ...{ messages: messages.length, bytes, firstSeq, subjects },
    });
    descriptions.set(stream, text);
  }
  return text;
}

export interface Described {
  readonly revision: number;
  readonly config: ManagedConfig;
  readonly createdAtMs: number;
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastAtMs: number | undefined;
  readonly subjects: number;
}

export function describeManaged(head: Described): string {
  const { revision, createdAtMs, messages, bytes, firstSeq, lastSeq, lastAtMs, subjects } = head;
  return [
    `${firstSeq}..${lastSeq} with ${messages} of ${bytes} bytes on ${subjects} subjects`,
    `last at ${lastAtMs ?? 'no time'}, revision ${revision} of ${createdAtMs}`,
    JSON.stringify(Object.entries(head.config).sort()),
  ].join(', ');
}
