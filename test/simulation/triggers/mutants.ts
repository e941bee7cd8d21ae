import { CONFIG_STREAM } from '../../../src/delivery/config-stream.ts';
import { PROGRESS_FORM, type Progress } from '../../../src/delivery/progress.ts';
import { managedName } from '../../../src/managed/names.ts';
import type { MessageStore, PublishOutcome } from '../../../src/storage/message-port.ts';
import type { CommitOutcome, LogStore, Op } from '../../../src/storage/port.ts';
import { wrapLogs, wrapStore } from '../../support/wrapped-store.ts';
import { ACCOUNT } from './names.ts';
import type { TriggerMutation } from './simulation.ts';

// Ways to break what is promised of triggers, by the stores that they run on. The simulator has to
// notice each of them.

const CONFIGURATIONS = managedName(ACCOUNT, CONFIG_STREAM);

function withMessages(
  change: (messages: MessageStore, logs: LogStore) => Partial<MessageStore>,
): TriggerMutation {
  return (world) => ({
    ...world,
    messages: wrapStore(world.messages, change(world.messages, world.logs)),
  });
}

function withLogs(change: (logs: LogStore) => Partial<LogStore>): TriggerMutation {
  return (world) => {
    const logs = wrapLogs(world.logs, change(world.logs));
    return { ...world, logs, carrying: { ...world.carrying, store: logs } };
  };
}

function isProgress({ name }: Op): boolean {
  return name.startsWith('p');
}

function isDelivery(ops: readonly Op[]): boolean {
  return ops.some(isProgress) && !ops.every(isProgress);
}

/** Progress as it is, but for a part of it. */
function rewritten(op: Op, change: (progress: Progress) => Progress): Op {
  const text = textIn(op);
  const progress = text === undefined ? undefined : PROGRESS_FORM.read(text);
  if (progress === undefined || !isProgress(op)) return op;
  const changed = PROGRESS_FORM.write(change(progress));
  if (op.kind === 'create') return { ...op, state: { kind: 'document', text: changed } };
  if (op.kind !== 'append') return op;
  return { ...op, change: { kind: 'replaced', text: changed } };
}

function textIn(op: Op): string | undefined {
  if (op.kind === 'create' && op.state.kind === 'document') return op.state.text;
  return op.kind === 'append' && op.change.kind === 'replaced' ? op.change.text : undefined;
}

/** Deliveries to either kind of target whose progress is written otherwise. */
function withProgress(change: (progress: Progress) => Progress): TriggerMutation {
  const changed = (ops: readonly Op[]): Op[] => ops.map((op) => rewritten(op, change));
  return (world) => {
    const inLogs = withLogs((logs) => ({ commit: (ops) => logs.commit(changed(ops)) }));
    const inMessages = withMessages((messages) => ({
      publish: (name, request, alongside = []) =>
        messages.publish(name, request, changed(alongside)),
    }));
    return inMessages(inLogs(world));
  };
}

/** What a store will answer if all goes well, before it is so. */
async function storedSoon(logs: LogStore, ops: readonly Op[]): Promise<CommitOutcome> {
  void logs.commit(ops);
  const heads = ops.map(async ({ name }) => await logs.latest(name));
  return { kind: 'stored', heads: await Promise.all(heads) };
}

function publishedSoon(work: Promise<PublishOutcome>): Promise<PublishOutcome> {
  void work;
  return Promise.resolve({ kind: 'published', firstSeq: 1, lastSeq: 1 });
}

export const TRIGGER_MUTANTS: Readonly<Record<string, TriggerMutation>> = {
  'commits the cursor behind what it publishes': withMessages((messages, logs) => ({
    publish: async (name, request, alongside = []) => {
      if (name === CONFIGURATIONS) return await messages.publish(name, request, alongside);
      const published = await messages.publish(name, request);
      if (published.kind === 'published') await logs.commit(alongside);
      return published;
    },
  })),
  'commits the cursor before what it publishes': withMessages((messages, logs) => ({
    publish: async (name, request, alongside = []) => {
      if (name === CONFIGURATIONS) return await messages.publish(name, request, alongside);
      await logs.commit(alongside);
      return await messages.publish(name, request);
    },
  })),
  'commits the cursor behind what it appends': withLogs((logs) => ({
    commit: async (ops) => {
      if (!isDelivery(ops)) return await logs.commit(ops);
      const outcome = await logs.commit(ops.filter((op) => !isProgress(op)));
      if (outcome.kind === 'stored') await logs.commit(ops.filter(isProgress));
      return outcome;
    },
  })),
  'moves no cursor along with what it appends': withLogs((logs) => ({
    commit: (ops) => logs.commit(isDelivery(ops) ? ops.filter((op) => !isProgress(op)) : ops),
  })),
  'moves the cursor too far': withProgress((progress) => ({
    ...progress,
    next: progress.next + 1,
  })),
  'counts nothing as missed': withProgress((progress) => ({ ...progress, missed: 0 })),
  'takes what it publishes for stored before it is': withMessages((messages) => ({
    publish: (name, request, alongside) => {
      const work = messages.publish(name, request, alongside);
      return name === CONFIGURATIONS ? work : publishedSoon(work);
    },
  })),
  'takes what it appends for stored before it is': withLogs((logs) => ({
    commit: (ops) => (isDelivery(ops) ? storedSoon(logs, ops) : logs.commit(ops)),
  })),
  'acknowledges triggers before they are stored': withMessages((messages) => ({
    publish: (name, request, alongside) => {
      const work = messages.publish(name, request, alongside);
      return name === CONFIGURATIONS ? publishedSoon(work) : work;
    },
  })),
  'forgets where a trigger begins': withMessages((messages) => ({
    publish: (name, request, alongside) =>
      messages.publish(name, request, name === CONFIGURATIONS ? [] : alongside),
  })),
  'overlooks that triggers were deleted': withMessages((messages) => ({
    find: async (name, request) => {
      const found = await messages.find(name, request);
      if (found.kind !== 'found' || name !== CONFIGURATIONS) return found;
      const standing = found.messages.filter(({ body }) => !body.includes('deleted'));
      return { ...found, messages: standing };
    },
  })),
  'overlooks that triggers were paused': withMessages((messages) => ({
    find: async (name, request) => {
      const found = await messages.find(name, request);
      if (found.kind !== 'found' || name !== CONFIGURATIONS) return found;
      const others = found.messages.filter(({ body }) => !body.includes('"paused"'));
      return { ...found, messages: others };
    },
  })),
  'looks at fewer messages than it says': withMessages((messages) => ({
    find: async (name, request) => {
      const found = await messages.find(name, request);
      if (found.kind !== 'found' || name === CONFIGURATIONS) return found;
      return { ...found, messages: found.messages.slice(0, 4) };
    },
  })),
};
