import { describe, expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { parsePrometheus } from '../../support/http/prometheus.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';
import { until } from '../../support/http/until.ts';

const ACCOUNT = 'default';

describe('the metrics of triggers', () => {
  const api = new TriggerApiClient(new StorageApiClient('embedded', {}));
  const { storage } = api;

  /** The samples of the account, by the value of the other label. */
  async function counts(name: string, label: string): Promise<Record<string, number>> {
    const families = parsePrometheus((await storage.served.get('/metrics')).text);
    const samples = families.get(name)?.samples ?? [];
    const own = samples.filter(({ labels }) => labels['account'] === ACCOUNT);
    return Object.fromEntries(own.map(({ labels, value }) => [labels[label] ?? '', value]));
  }

  const states = () => counts('millrace_triggers', 'state');
  const records = () => counts('millrace_trigger_records_total', 'outcome');

  async function publish(name: string, ...bodies: readonly unknown[]): Promise<void> {
    for (const body of bodies) {
      expect((await storage.publish(name, `${name}.a`, body)).status).toBe(200);
    }
  }

  /** What has been added to the totals meanwhile is this, after a while and for good. */
  async function untilMore(
    before: Record<string, number>,
    more: Readonly<Record<string, number>>,
  ): Promise<void> {
    const grown = async (): Promise<Record<string, number>> => {
      const changes = Object.entries(await records()).map(
        ([outcome, count]) => [outcome, count - (before[outcome] ?? 0)] as const,
      );
      return Object.fromEntries(changes.filter(([, count]) => count !== 0));
    };
    await until('all is counted', async () => {
      return JSON.stringify(await grown()) === JSON.stringify(more);
    });
  }

  test('count the triggers in each state', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    const before = await states();
    const active = await api.carrying(`${from}.>`, `${to}.>`);
    const paused = await api.carrying(`${from}.>`, `${to}.>`);
    const waiting = await api.carrying(`${freshName()}.>`, `${to}.>`);
    expect((await api.ask('POST', `/trigger/triggers/stream/${paused}/pause`)).status).toBe(200);
    await api.untilState(waiting, 'waiting', 'source-missing');
    await api.untilState(active, 'active');
    const more = (state: string, count: number) => ({ [state]: (before[state] ?? 0) + count });
    expect(await states()).toMatchObject({
      ...more('active', 1),
      ...more('paused', 1),
      ...more('waiting', 1),
      ...more('blocked', 0),
    });
    for (const name of [active, paused, waiting]) {
      expect((await api.ask('DELETE', `/trigger/triggers/stream/${name}`)).status).toBe(200);
    }
    expect(await states()).toMatchObject(before);
  });

  test('count what is delivered and filtered out, also by triggers that are deleted since', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    const name = await api.carrying(`${from}.>`, `${to}.>`, { filter: { path: '/n', gte: 2 } });
    const before = await records();
    await publish(from, { n: 1 }, { n: 2 }, { n: 3 });
    await untilMore(before, { delivered: 2, filtered: 1 });
    expect((await api.ask('DELETE', `/trigger/triggers/stream/${name}`)).status).toBe(200);
    await untilMore(before, { delivered: 2, filtered: 1 });
  });

  test.each([
    ['dead_letter', 'dead_lettered'],
    ['skip', 'skipped'],
  ])('count records that a trigger with on_error %s gives up', async (policy, outcome) => {
    const from = await storage.stream();
    const to = await storage.stream({ max_msg_size: 10 });
    await api.carrying(`${from}.>`, `${to}.>`, { on_error: policy });
    const before = await records();
    await publish(from, 'small', 'x'.repeat(20), 'small');
    await untilMore(before, { delivered: 2, [outcome]: 1 });
  });

  test('count what retention took first, and attempts that failed', async () => {
    const from = await storage.stream({ max_msgs: 2 });
    const to = freshName();
    const before = await records();
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, 1, 2, 3, 4, 5);
    await api.untilState(name, 'waiting', 'target-missing');
    await storage.put(to, { subjects: [`${to}.>`] });
    await until('both are delivered', async () => {
      return (await records())['delivered'] === (before['delivered'] ?? 0) + 2;
    });
    const { missed, retried } = await records();
    expect(missed).toBe((before['missed'] ?? 0) + 3);
    expect(retried).toBeGreaterThan(before['retried'] ?? 0);
  });

  test('begin anew with the server', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, 1);
    await api.untilLines(to, [`${to}.a 1`]);
    await storage.served.restart();
    await api.untilState(name, 'active');
    expect((await records())['delivered']).toBe(0);
    await publish(from, 2);
    await untilMore({}, { delivered: 1 });
  });
});
