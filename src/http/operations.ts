import type { Registry } from 'prom-client';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { METRICS_RESOURCE } from './resource.ts';

/** How the server is: what `/-/ready` and `/-/healthy` answer from. */
export interface Health {
  /** Storing has failed for good: the process is about to end. */
  readonly isFailed: boolean;
  /** It has begun to stop and takes no new work. */
  readonly isStopping: boolean;
}

const PATHS = new Set(['/-/healthy', '/-/ready', '/metrics']);

/** What operators and their machines ask. */
export class Operations {
  readonly #health: () => Health;
  readonly #registry: Registry;
  readonly #gate: Gate | undefined;

  /** `gate`: what stands before the metrics; undefined for nothing. */
  constructor(health: () => Health, registry: Registry, gate: Gate | undefined) {
    this.#health = health;
    this.#registry = registry;
    this.#gate = gate;
  }

  serves(path: string): boolean {
    return PATHS.has(path);
  }

  async handle(exchange: Exchange): Promise<void> {
    const { method, path } = exchange;
    if (method !== 'GET' && method !== 'HEAD') {
      exchange.refuse({ code: 'method-not-allowed', allow: 'GET, HEAD' });
      return;
    }
    const { isFailed, isStopping } = this.#health();
    switch (path) {
      case '/-/healthy':
        answer(exchange, isFailed ? 503 : 200, isFailed ? 'storage failed' : 'healthy');
        return;
      case '/-/ready': {
        const isReady = !isFailed && !isStopping;
        answer(exchange, isReady ? 200 : 503, isReady ? 'ready' : 'not ready');
        return;
      }
      default:
        if (this.#gate === undefined || this.#gate.isOpen) await this.#answerMetrics(exchange);
        else {
          await this.#gate.enter(exchange, 'accounts:admin', METRICS_RESOURCE, () =>
            this.#answerMetrics(exchange),
          );
        }
    }
  }

  async #answerMetrics(exchange: Exchange): Promise<void> {
    const headers = ['Content-Type', this.#registry.contentType, 'Cache-Control', 'no-store'];
    exchange.answerWith(200, headers, await this.#registry.metrics());
  }
}

function answer(exchange: Exchange, status: number, text: string): void {
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'];
  exchange.answerWith(status, headers, `${text}\n`);
}
