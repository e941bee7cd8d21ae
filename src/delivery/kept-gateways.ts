import type { GatewayMethod } from '../triggers/gateway.ts';
import type { GatewayPath } from '../triggers/gateway-path.ts';
import type { TriggerName } from '../triggers/trigger.ts';
import { configKey } from './config-stream.ts';
import type { Gateway } from './gateway.ts';

/** The gateways at one path, by their methods. */
export type GatewaysAt = ReadonlyMap<GatewayMethod, Gateway>;

/** The gateway triggers that there are, of all accounts: by name, and by where they are served. */
export class KeptGateways {
  readonly #byKey = new Map<string, Gateway>();
  readonly #byPath = new Map<GatewayPath, Map<GatewayMethod, Gateway>>();

  get(account: string, name: TriggerName): Gateway | undefined {
    return this.#byKey.get(configKey(account, name));
  }

  /** Undefined: nothing is served there. */
  at(path: GatewayPath): GatewaysAt | undefined {
    return this.#byPath.get(path);
  }

  add(added: Gateway): void {
    const { path, method } = added.definition;
    this.#byKey.set(configKey(added.account, added.name), added);
    const there = this.#byPath.get(path) ?? new Map<GatewayMethod, Gateway>();
    there.set(method, added);
    this.#byPath.set(path, there);
  }

  delete({ account, name, definition }: Gateway): void {
    const { path, method } = definition;
    this.#byKey.delete(configKey(account, name));
    const there = this.#byPath.get(path);
    there?.delete(method);
    if (there?.size === 0) this.#byPath.delete(path);
  }

  of(account: string): readonly Gateway[] {
    return [...this.#byKey.values()].filter((each) => each.account === account);
  }
}
