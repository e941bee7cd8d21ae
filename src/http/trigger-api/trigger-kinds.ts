import type { GatewayService } from '../../delivery/gateway-service.ts';
import type { Changed } from '../../delivery/trigger-outcomes.ts';
import type { TriggerService } from '../../delivery/trigger-service.ts';
import type { SubjectPattern } from '../../subjects/subject.ts';
import { isTriggerName, type TriggerName } from '../../triggers/trigger.ts';
import { gatewayBody, gatewayStatusBody, statusBody, triggerBody } from './answers.ts';

/** What is asked of triggers that there are, whatever their type. */
export interface TriggerKind {
  /** Those whose subject of configuration the pattern matches, as they are shown. */
  list(account: string, pattern: SubjectPattern): readonly object[];
  /** As it is shown, with its status. Undefined: there is none. */
  see(account: string, name: TriggerName): Promise<object | undefined>;
  remove(account: string, name: TriggerName): Promise<Changed>;
  pause(account: string, name: TriggerName): Promise<Changed>;
  resume(account: string, name: TriggerName): Promise<Changed>;
}

export interface TriggerServices {
  readonly triggers: TriggerService;
  readonly gateways: GatewayService;
}

/** One trigger, as a path names it. */
export interface NamedTrigger {
  readonly kind: TriggerKind;
  readonly name: TriggerName;
}

/** The types that triggers have: the one place where they are told apart. */
export class TriggerKinds {
  readonly #kinds: ReadonlyMap<string, TriggerKind>;

  constructor({ triggers, gateways }: TriggerServices) {
    this.#kinds = new Map([
      ['stream', streamKind(triggers)],
      ['gateway', gatewayKind(gateways)],
    ]);
  }

  /** Undefined for what no trigger is named. */
  named(path: { trigger_type: string; topic: string }): NamedTrigger | undefined {
    const { trigger_type: type, topic } = path;
    const kind = this.#kinds.get(type);
    return kind === undefined || !isTriggerName(topic) ? undefined : { kind, name: topic };
  }

  list(account: string, pattern: SubjectPattern): readonly object[] {
    return [...this.#kinds.values()].flatMap((kind) => kind.list(account, pattern));
  }
}

function streamKind(triggers: TriggerService): TriggerKind {
  return {
    list: (account, pattern) =>
      triggers.list(account, pattern).map(({ trigger }) => triggerBody(trigger)),
    see: async (account, name) => {
      const view = await triggers.get(account, name);
      return view && { ...triggerBody(view.definition.trigger), status: statusBody(view) };
    },
    remove: (account, name) => triggers.remove(account, name),
    pause: (account, name) => triggers.pause(account, name),
    resume: (account, name) => triggers.resume(account, name),
  };
}

function gatewayKind(gateways: GatewayService): TriggerKind {
  return {
    list: (account, pattern) =>
      gateways.list(account, pattern).map(({ definition }) => gatewayBody(definition)),
    see: (account, name) => {
      const found = gateways.get(account, name);
      const shown = found && {
        ...gatewayBody(found.definition),
        status: gatewayStatusBody(found),
      };
      return Promise.resolve(shown);
    },
    remove: (account, name) => gateways.remove(account, name),
    pause: (account, name) => gateways.pause(account, name),
    resume: (account, name) => gateways.resume(account, name),
  };
}
