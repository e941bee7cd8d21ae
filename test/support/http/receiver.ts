import { service as started, type Handler, type Service } from '../../services/service.ts';
import { freshName } from './engines.ts';
import type { TriggerApiClient } from './trigger-api.ts';

/** Services on loopback that a server under test calls, gone with the test. */
export function receivers(api: TriggerApiClient): {
  /** Registers one under a subject of its own. */
  readonly register: (handler: Handler) => Promise<{ service: Service; subject: string }>;
  readonly put: (subject: string, service: Service) => Promise<void>;
} {
  async function put(subject: string, service: Service): Promise<void> {
    const given = { url: service.url('127.0.0.1', '/in') };
    const answer = await api.ask('PUT', `/trigger/services/${subject}`, given);
    if (answer.status >= 300) throw new Error(answer.text);
  }

  return {
    put,
    register: async (handler) => {
      const service = await started(handler);
      const subject = `services.${freshName()}`;
      await put(subject, service);
      return { service, subject };
    },
  };
}
