import type { TriggerName } from './trigger.ts';

/** How a gateway trigger may be called; HEAD asks for what GET would answer. */
export const GATEWAY_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type GatewayMethod = (typeof GATEWAY_METHODS)[number];

/** So many requests in so many milliseconds. */
export interface GatewayLimit {
  readonly request: number;
  readonly time: number;
}

/** Where an HTTP endpoint is, and what its requests become, as it was given. */
export interface GatewayMapping {
  readonly method: GatewayMethod;
  readonly path: string;
  readonly is_public?: boolean;
  readonly limit?: GatewayLimit;
  /** In milliseconds. */
  readonly timeout?: number;
  readonly subject?: string;
}

/** A gateway trigger as its account has created it: what is stored, returned and carried out. */
export interface GatewayTrigger {
  readonly name: TriggerName;
  readonly collection?: string;
  readonly description?: string;
  readonly gateway_mapping: GatewayMapping;
}
