import { expect } from 'vitest';
import type { Headers } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import type { TriggerApiClient } from '../../support/http/trigger-api.ts';
import { service, type Handler, type Service } from '../../services/service.ts';

/** Receivers on loopback, registered as services, and requests made of them. */
export class Relaying {
  readonly api: TriggerApiClient;

  constructor(api: TriggerApiClient) {
    this.api = api;
  }

  /** One that is registered nowhere. */
  receiver(handler: Handler): Promise<Service> {
    return service(handler);
  }

  /** A receiver that is registered on this subject, or on one of its own. */
  async service(
    handler: Handler,
    more: object = {},
    subject = `${freshName()}.in`,
  ): Promise<{ subject: string; receiver: Service }> {
    const receiver = await this.receiver(handler);
    await this.register(subject, { url: `http://127.0.0.1:${receiver.port}/in`, ...more });
    return { subject, receiver };
  }

  async register(subject: string, given: object): Promise<void> {
    const answer = await this.api.ask('PUT', `/trigger/services/${subject}`, given);
    expect([200, 201]).toContain(answer.status);
  }

  /** A trigger from that service to a new subject, which it resolves with. */
  async trigger(from: string, responseType: string, more: object = {}): Promise<Relayed> {
    const name = freshName();
    const to = `${name}.asked`;
    const answer = await this.api.create({
      name,
      trigger_type: 'stream',
      source: { subject: from, type: 'service', response_type: responseType },
      target: { subject: to, type: 'service' },
      ...more,
    });
    expect(answer.text).toContain('"status_code":201');
    return { name, subject: to };
  }

  post(subject: string, body = 'hello', headers: Headers = {}, query = '') {
    const path = `/trigger/request/${encodeURIComponent(subject)}${query}`;
    const message = { headers: { 'Content-Type': 'text/plain', ...headers }, body };
    return this.api.storage.served.send('POST', path, message);
  }
}

export interface Relayed {
  readonly name: string;
  readonly subject: string;
}
