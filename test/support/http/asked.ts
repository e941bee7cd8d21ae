import type { Answer, Headers } from './client.ts';

/** Whoever is asked with bodies of JSON. */
export interface Asked {
  ask(method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer>;
}
