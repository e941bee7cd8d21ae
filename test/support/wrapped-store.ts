import type { MessageStore } from '../../src/storage/message-port.ts';
import type { LogStore } from '../../src/storage/port.ts';

/** A store that does some things otherwise, and everything else as another does it. */
export function wrapStore(store: MessageStore, otherwise: Partial<MessageStore>): MessageStore {
  return {
    managedStreams: (prefix) => store.managedStreams(prefix),
    readableStreams: (prefix) => store.readableStreams(prefix),
    managed: (name) => store.managed(name),
    configure: (...all) => store.configure(...all),
    publish: (...all) => store.publish(...all),
    removeMessages: (...all) => store.removeMessages(...all),
    clear: (name) => store.clear(name),
    enforce: (...all) => store.enforce(...all),
    dropManaged: (name) => store.dropManaged(name),
    message: (...all) => store.message(...all),
    find: (...all) => store.find(...all),
    subjectCounts: (...all) => store.subjectCounts(...all),
    watchManaged: (...all) => store.watchManaged(...all),
    ...otherwise,
  };
}

/** The same of logs. */
export function wrapLogs(store: LogStore, otherwise: Partial<LogStore>): LogStore {
  return {
    capabilities: store.capabilities,
    latest: (name) => store.latest(name),
    durable: (name) => store.durable(name),
    settle: (names) => store.settle(names),
    commit: (ops) => store.commit(ops),
    read: (...all) => store.read(...all),
    watch: (...all) => store.watch(...all),
    list: (request) => store.list(request),
    anyLatest: (...all) => store.anyLatest(...all),
    due: (...all) => store.due(...all),
    close: () => store.close(),
    ...otherwise,
  };
}
