import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

export interface AgentLimits {
  /** To one origin, and as many requests to it at once; the others wait, within their own time. */
  readonly socketsPerOriginMax: number;
  /** Kept open without a call, to all origins of one scheme together. */
  readonly idleSocketsMax: number;
  readonly idleMs: number;
}

/** Keeps connections open between calls. No proxy is taken from the environment. */
export class Agents {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor({ socketsPerOriginMax, idleSocketsMax, idleMs }: AgentLimits) {
    const options = {
      keepAlive: true,
      maxSockets: socketsPerOriginMax,
      maxFreeSockets: Math.min(socketsPerOriginMax, idleSocketsMax),
      timeout: idleMs,
    };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
    for (const agent of [this.#http, this.#https]) boundIdle(agent, idleSocketsMax);
  }

  for(url: URL): HttpAgent {
    return url.protocol === 'https:' ? this.#https : this.#http;
  }

  /** How many connections there are, in use or not. */
  get sockets(): number {
    return [this.#http, this.#https].reduce(
      (sum, { sockets, freeSockets }) => sum + count(sockets) + count(freeSockets),
      0,
    );
  }

  destroy(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

// The agent's own bound on all sockets counts idle ones too, and lets a call wait for a socket of
// another origin that nobody will use.
function boundIdle(agent: HttpAgent, idleSocketsMax: number): void {
  agent.on('free', () => {
    if (count(agent.freeSockets) <= idleSocketsMax) return;
    const [oldest] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
    oldest?.destroy();
  });
}

function count(sockets: HttpAgent['sockets']): number {
  return Object.values(sockets).reduce((sum, each) => sum + (each?.length ?? 0), 0);
}
