import type { ManagedRefused } from '../managed/refusal.ts';
import type { Headers } from '../services/hop.ts';
import { parseRegistration, type Registration } from '../services/registration.ts';
import type { AddressRules } from '../services/safe-address.ts';
import type { Service, ServiceDirectory } from '../services/service.ts';
import { deleteDocument, textOf, writeDocument } from '../storage/documents.ts';
import type { LogStore, Op } from '../storage/port.ts';
import { isSubject, type Subject } from '../subjects/subject.ts';
import { DURABLE_TOKEN } from '../triggers/address.ts';
import type { Misfit } from '../triggers/field-reader.ts';
import { configKey, configSubject, isTopic, type ConfigStream } from './config-stream.ts';
import { serviceHeadersName } from './names.ts';
import {
  decodeHeaders,
  decodeServiceRecord,
  encodeActive,
  encodeDeleted,
  encodeHeaders,
} from './service-record.ts';
import { Turns } from './turns.ts';

/** A service of the embedder, which no request changes. */
export interface HandlerEntry {
  readonly account: string;
  readonly subject: Subject;
  readonly service: Service;
}

export interface ServiceRegistryParts {
  readonly config: ConfigStream;
  readonly logs: LogStore;
  readonly addresses: AddressRules;
  readonly serviceOf: (registration: Registration) => Service;
  readonly handlers: readonly HandlerEntry[];
  /** Called after each change of what answers on a subject. */
  readonly onChanged: (account: string, subject: string) => void;
}

/** What answers on a subject, as far as it may be shown. */
export type ServiceView =
  | { readonly kind: 'http'; readonly subject: string; readonly registration: Registration }
  | { readonly kind: 'handler'; readonly subject: string };

export type Registered =
  | { readonly kind: 'registered'; readonly isNew: boolean; readonly view: ServiceView }
  | { readonly kind: 'unfit'; readonly misfit: Misfit }
  | { readonly kind: 'handler' }
  | { readonly kind: 'too-many'; readonly servicesMax: number }
  | ManagedRefused;

export type Unregistered =
  | { readonly kind: 'done' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'handler' }
  | ManagedRefused;

/** Of one account, those in this process apart. */
export const SERVICES_MAX = 1000;
export const SERVICE_SUBJECT_RULE =
  'must be a subject of at most 1,000 bytes, without wildcards, that does not begin with $DS';

/** A service can be registered on it. */
export function isServiceSubject(text: string): text is Subject {
  const isDurable = text === DURABLE_TOKEN || text.startsWith(`${DURABLE_TOKEN}.`);
  return !isDurable && isSubject(text) && isTopic('service', text);
}

interface Entry {
  readonly account: string;
  readonly view: ServiceView;
  readonly service: Service;
}

/** The services of all accounts: those that were registered, and those of this process. */
export class ServiceRegistry implements ServiceDirectory {
  readonly #parts: ServiceRegistryParts;
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new Turns();

  constructor(parts: ServiceRegistryParts) {
    this.#parts = parts;
    for (const { account, subject, service } of parts.handlers) {
      this.#add({ account, view: { kind: 'handler', subject }, service });
    }
  }

  #add(entry: Entry): void {
    this.#entries.set(configKey(entry.account, entry.view.subject), entry);
  }

  #get(account: string, subject: string): Entry | undefined {
    return this.#entries.get(configKey(account, subject));
  }

  /** Takes up what was left. Records that cannot be read are told of, and are no services. */
  async start(onUnreadable: (account: string, subject: string) => void): Promise<void> {
    const { config, serviceOf } = this.#parts;
    for (const { account, topic: subject, text } of await config.load('service', onUnreadable)) {
      const registration = await this.#readStored(account, subject, text);
      if (registration === 'deleted') continue;
      if (registration === undefined) onUnreadable(account, subject);
      else if (this.#get(account, subject) === undefined) {
        const view: ServiceView = { kind: 'http', subject, registration };
        this.#add({ account, view, service: serviceOf(registration) });
      }
    }
  }

  async #readStored(
    account: string,
    subject: string,
    text: string,
  ): Promise<Registration | 'deleted' | undefined> {
    const record = decodeServiceRecord(text);
    if (record?.kind !== 'active') return record?.kind;
    const { url, timeoutMs, headerNames } = record;
    if (headerNames.length === 0) return { url, timeoutMs, headers: {} };
    const stored = await this.#storedHeaders(serviceHeadersName(account, subject));
    const headers = stored === undefined ? undefined : decodeHeaders(stored, headerNames);
    return headers && { url, timeoutMs, headers };
  }

  /** What is damaged is as good as missing: it is told of, and the other services answer. */
  async #storedHeaders(name: string): Promise<string | undefined> {
    try {
      return textOf(await this.#parts.logs.latest(name));
    } catch {
      return undefined;
    }
  }

  find(account: string, subject: string): Service | undefined {
    return this.#get(account, subject)?.service;
  }

  get(account: string, subject: string): ServiceView | undefined {
    return this.#get(account, subject)?.view;
  }

  /** By subject. */
  list(account: string): readonly ServiceView[] {
    return [...this.#entries.values()]
      .filter((each) => each.account === account)
      .map(({ view }) => view)
      .sort((one, other) => (one.subject < other.subject ? -1 : 1));
  }

  put(account: string, subject: Subject, given: unknown): Promise<Registered> {
    return this.#turns.take(() => this.#put(account, subject, given));
  }

  async #put(account: string, subject: Subject, given: unknown): Promise<Registered> {
    const { config, addresses, serviceOf, onChanged } = this.#parts;
    const before = this.get(account, subject);
    if (before?.kind === 'handler') return { kind: 'handler' };
    const read = parseRegistration(given, addresses);
    if (!read.ok) return { kind: 'unfit', misfit: read.misfit };
    const { registration } = read;
    if (before === undefined && this.#count(account) >= SERVICES_MAX) {
      return { kind: 'too-many', servicesMax: SERVICES_MAX };
    }
    const unmade = await config.ensure(account);
    if (unmade !== undefined) return unmade;
    const record = encodeActive(registration);
    const unwritten = await this.#write(account, subject, record, registration.headers);
    if (unwritten !== undefined) return unwritten;
    const view: ServiceView = { kind: 'http', subject, registration };
    this.#add({ account, view, service: serviceOf(registration) });
    onChanged(account, subject);
    return { kind: 'registered', isNew: before === undefined, view };
  }

  #count(account: string): number {
    return this.list(account).filter(({ kind }) => kind === 'http').length;
  }

  remove(account: string, subject: Subject): Promise<Unregistered> {
    return this.#turns.take(async (): Promise<Unregistered> => {
      const found = this.get(account, subject);
      if (found === undefined) return { kind: 'absent' };
      if (found.kind === 'handler') return { kind: 'handler' };
      const unwritten = await this.#write(account, subject, encodeDeleted(), {});
      if (unwritten !== undefined) return unwritten;
      this.#entries.delete(configKey(account, subject));
      this.#parts.onChanged(account, subject);
      return { kind: 'done' };
    });
  }

  async #write(
    account: string,
    subject: Subject,
    record: string,
    headers: Headers,
  ): Promise<ManagedRefused | undefined> {
    const { config } = this.#parts;
    const alongside = await this.#headersAs(account, subject, headers);
    return await config.write(account, configSubject('service', subject), record, alongside);
  }

  async #headersAs(account: string, subject: Subject, headers: Headers): Promise<readonly Op[]> {
    const name = serviceHeadersName(account, subject);
    const head = await this.#parts.logs.latest(name);
    if (Object.keys(headers).length > 0) return [writeDocument(name, head, encodeHeaders(headers))];
    return head === undefined ? [] : [deleteDocument(name, head)];
  }

  /** Resolves when the last change is made; no other is. */
  close(): Promise<void> {
    return this.#turns.close();
  }
}
