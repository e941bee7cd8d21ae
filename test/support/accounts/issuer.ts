import { createServer, type Server } from 'node:http';
import type { KeyObject } from 'node:crypto';

/** Publishes public keys as an issuer of tokens does, and can be down. */
export class Issuer {
  readonly #server: Server;
  #keys: object[] = [];
  #answer: 'keys' | 'failure' | 'nonsense' = 'keys';
  /** How often somebody has asked. */
  asked = 0;

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  private constructor() {
    this.#server = createServer((_request, response) => {
      this.asked += 1;
      response.statusCode = this.#answer === 'failure' ? 500 : 200;
      response.setHeader('Content-Type', 'application/json');
      response.end(
        this.#answer === 'nonsense' ? '{"keys":1}' : JSON.stringify({ keys: this.#keys }),
      );
    });
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://127.0.0.1:${port}/jwks.json`;
  }

  publish(kid: string, key: KeyObject, fields: object = {}): void {
    this.#keys.push({ ...key.export({ format: 'jwk' }), kid, ...fields });
  }

  withdrawAll(): void {
    this.#keys = [];
  }

  set answers(answer: 'keys' | 'failure' | 'nonsense') {
    this.#answer = answer;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
