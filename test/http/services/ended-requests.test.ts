import { describe, expect, test } from 'vitest';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { at } from '../../support/openapi-checker.ts';
import { until } from '../../support/http/until.ts';
import { Relaying, type Relayed } from './relay.ts';

const OPTIONS = { servicesAllowLoopback: true };

onTriggerEngines(
  'a request that is under way',
  (api) => {
    const relaying = new Relaying(api);
    const ends: Readonly<Record<string, (trigger: Relayed) => Promise<void>>> = {
      paused: async ({ name }) => {
        await done('POST', `/trigger/triggers/stream/${name}/pause`);
      },
      deleted: async ({ name }) => {
        await done('DELETE', `/trigger/triggers/stream/${name}`);
      },
      'no longer let through': async ({ name }) => {
        const { json } = await api.ask('GET', '/accounts/export');
        const listed = at(json, 'body', 'results');
        if (!Array.isArray(listed)) throw new Error('the exports are not listed');
        const own: unknown = listed.find((each: unknown) => at(each, 'trigger') === name);
        await done('DELETE', `/accounts/export?id=${String(at(own, 'id'))}`);
      },
    };

    async function done(method: string, path: string): Promise<void> {
      expect((await api.ask(method, path)).status).toBe(200);
    }

    /** A service that begins its answer, or does nothing, and never ends it. */
    async function endless(doesBegin: boolean) {
      const seen = { isCalled: false, isCut: false };
      const { subject } = await relaying.service((_, response) => {
        seen.isCalled = true;
        response.on('close', () => {
          seen.isCut = true;
        });
        if (doesBegin) response.writeHead(200).write('begun');
      });
      return { subject, seen };
    }

    describe.each(Object.entries(ends))('when its trigger is %s', (_how, end) => {
      test('is answered 503 at once, and ends at the service', async () => {
        const { subject: from, seen } = await endless(false);
        const trigger = await relaying.trigger(from, 'Singleton');
        const asking = api.ask('POST', `/trigger/request/${trigger.subject}`, 'x');
        await until('the service is called', () => Promise.resolve(seen.isCalled));
        await end(trigger);
        const answer = await asking;
        expect([answer.status, answer.header('retry-after')]).toEqual([503, '1']);
        await until('the service knows', () => Promise.resolve(seen.isCut));
      });

      test('breaks off where a part of it was answered', async () => {
        const { subject: from, seen } = await endless(true);
        const trigger = await relaying.trigger(from, 'Stream');
        const path = `/trigger/request/${trigger.subject}`;
        const { incoming } = await api.storage.served.open('POST', path);
        const read = async (): Promise<void> => {
          for await (const piece of incoming) {
            expect(String(piece)).toBe('begun');
            await end(trigger);
          }
        };
        await expect(read()).rejects.toThrow('aborted');
        await until('the service knows', () => Promise.resolve(seen.isCut));
      });
    });

    test('goes on when another trigger ends', async () => {
      const parts: (() => void)[] = [];
      const { subject: from } = await relaying.service((_, response) => {
        parts.push(() => response.end('there'));
      });
      const [trigger, other] = [
        await relaying.trigger(from, 'Singleton'),
        await relaying.trigger(from, 'Singleton'),
      ];
      const asking = relaying.post(trigger.subject);
      await until('the service is called', () => Promise.resolve(parts.length > 0));
      for (const end of Object.values(ends).slice(0, 2)) await end(other);
      parts.shift()?.();
      expect((await asking).text).toBe('there');
    });
  },
  OPTIONS,
);
