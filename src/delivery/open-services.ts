import type { Clock } from '../lib/clock.ts';
import { must } from '../lib/assert.ts';
import { isAccountId } from '../protocol/account.ts';
import { HandlerService } from '../services/handler-service.ts';
import type { HandlerRegistration } from '../services/handler.ts';
import { HttpService } from '../services/http-service.ts';
import { parseAddressRange } from '../services/ip-address.ts';
import { systemResolve } from '../services/names.ts';
import { Outbound } from '../services/outbound.ts';
import type { AddressRules } from '../services/safe-address.ts';
import type { Jwks } from '../services/signing-key.ts';
import { Signing } from '../services/signing.ts';
import type { LogStore } from '../storage/port.ts';
import { ConfigStream, configKey } from './config-stream.ts';
import type { EnsuringParts } from './ensure-stream.ts';
import {
  isServiceSubject,
  SERVICE_SUBJECT_RULE,
  ServiceRegistry,
  type HandlerEntry,
} from './service-registry.ts';

/** What is configured of services. */
export interface ServiceSettings {
  readonly servicesAllowLoopback: boolean;
  readonly servicesAllowPrivate: boolean;
  readonly serviceTimeoutMs: number;
  readonly serviceAnswerBytesMax: number;
  readonly serviceCallsMax: number;
}

/** What services need of the world. */
export interface ServicesWorld extends EnsuringParts {
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly handlers: readonly HandlerRegistration[];
  /** The account of a handler that names none. */
  readonly defaultAccount: string;
  readonly onChanged: (account: string, subject: string) => void;
  /** Told of what handlers throw. */
  readonly onFailure: (error: unknown) => void;
}

export interface OpenedServices {
  readonly registry: ServiceRegistry;
  /** What receivers check the signatures of calls by. */
  readonly jwks: () => Jwks;
  /** Ends every call; resolves when the last change of a registration is stored. */
  close(): Promise<void>;
}

type InProcess = HandlerEntry & { readonly service: HandlerService };

/** A service of the embedder cannot be taken as it is given. */
export class HandlerUnusable extends Error {
  override name = 'HandlerUnusable';
}

const SOCKETS_PER_ORIGIN_MAX = 32;
const BOUNDS = {
  connectTimeoutMs: 10_000,
  headBytesMax: 16_384,
  lookupsMax: 64,
  socketsPerOriginMax: SOCKETS_PER_ORIGIN_MAX,
  waitingPerOriginMax: SOCKETS_PER_ORIGIN_MAX,
  idleSocketsMax: 128,
  idleMs: 30_000,
};
const LOOPBACK = ['127.0.0.0/8', '::1'].map((text) => must(parseAddressRange(text), 'a range'));

/** The keys that sign calls could be neither read nor made. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

/** The services, of which those that are stored answer once the registry is started. */
export async function openServices(
  settings: ServiceSettings,
  world: ServicesWorld,
): Promise<OpenedServices> {
  const { logs, clock, onChanged } = world;
  const addresses: AddressRules = {
    allowPrivate: settings.servicesAllowPrivate,
    allowed: settings.servicesAllowLoopback ? LOOPBACK : [],
  };
  const bounds = {
    timeoutMs: settings.serviceTimeoutMs,
    answerBytesMax: settings.serviceAnswerBytesMax,
    callsMax: settings.serviceCallsMax,
  };
  const handlers = handlersOf(world, bounds);
  const opened = await Signing.open(logs, clock);
  if (!opened.ok) throw new KeysUnavailable(opened.refusal.code);
  const { signing } = opened;
  const sign = (body: Buffer): string => signing.sign(body);
  const { callsMax } = bounds;
  const outbound = new Outbound({
    ...BOUNDS,
    addresses,
    resolve: systemResolve,
    callsMax,
    ca: undefined,
  });
  const registry = new ServiceRegistry({
    config: new ConfigStream(world, () => clock.nowMs()),
    logs,
    addresses,
    serviceOf: (registration) => new HttpService({ outbound, sign, ...bounds }, registration),
    handlers,
    onChanged,
  });
  return {
    registry,
    jwks: () => signing.jwks,
    close: async () => {
      outbound.close();
      for (const { service } of handlers) service.close();
      await registry.close();
    },
  };
}

function handlersOf(
  { handlers, defaultAccount, onFailure }: ServicesWorld,
  bounds: { timeoutMs: number; answerBytesMax: number; callsMax: number },
): readonly InProcess[] {
  const entries = new Map<string, InProcess>();
  for (const { account = defaultAccount, subject, handle } of handlers) {
    const key = configKey(account, subject);
    if (!isAccountId(account)) throw new HandlerUnusable(`"${account}" is no account`);
    if (!isServiceSubject(subject)) {
      throw new HandlerUnusable(`the subject "${subject}" ${SERVICE_SUBJECT_RULE}`);
    }
    if (entries.has(key)) throw new HandlerUnusable(`two handlers are on "${subject}"`);
    const service = new HandlerService({ ...bounds, onFailure }, account, subject, handle);
    entries.set(key, { account, subject, service });
  }
  return [...entries.values()];
}
