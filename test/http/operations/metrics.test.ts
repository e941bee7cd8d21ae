import { describe, expect, test } from 'vitest';
import { onBothEngines, serve, type Served } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { parsePrometheus, type Family } from '../../support/http/prometheus.ts';
import { until } from '../../support/http/until.ts';

const TEXT = { 'Content-Type': 'text/plain' };

async function families(server: Served): Promise<Map<string, Family>> {
  return parsePrometheus((await server.get('/metrics')).text);
}

/** The value of the one sample of the name that has these labels. */
async function value(
  server: Served,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  for (const { samples } of (await families(server)).values()) {
    const found = samples.find((sample) => {
      const hasAll = Object.entries(labels).every(([key, each]) => sample.labels[key] === each);
      return sample.name === name && hasAll;
    });
    if (found !== undefined) return found.value;
  }
  return 0;
}

onBothEngines('metrics', {}, (server) => {
  test('are in the text format of Prometheus', async () => {
    const answer = await server.get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toMatch(/^text\/plain; version=0\.0\.4(;|$)/);
    for (const { name, type, help, samples } of parsePrometheus(answer.text).values()) {
      expect(['counter', 'gauge', 'histogram', 'summary']).toContain(type);
      expect(help).not.toBe('');
      if (type === 'counter') expect(name).toMatch(/_total$/);
      // What the runtime tells of itself may be nothing yet.
      if (!name.startsWith('millrace_')) continue;
      for (const sample of samples) expect(sample.value).not.toBeNaN();
    }
  });

  test.each([
    ['request rates and latencies', 'millrace_http_request_seconds', 'histogram'],
    ['appends', 'millrace_appends_total', 'counter'],
    ['bytes', 'millrace_appended_bytes_total', 'counter'],
    ['fsync time', 'millrace_fsync_seconds', 'histogram'],
    ['group size', 'millrace_group_commits', 'histogram'],
    ['live readers', 'millrace_live_readers', 'gauge'],
    ['unflushed bytes', 'millrace_unflushed_bytes', 'gauge'],
    ['checkpoint lag', 'millrace_checkpoint_lag_commits', 'gauge'],
    ['event-loop delay', 'nodejs_eventloop_lag_seconds', 'gauge'],
    ['event-loop delay in percentiles', 'nodejs_eventloop_lag_p99_seconds', 'gauge'],
    ['memory', 'process_resident_memory_bytes', 'gauge'],
  ])('tell of %s: %s, a %s', async (_, name, type) => {
    expect((await families(server)).get(name)?.type).toBe(type);
  });

  test('count appends that were stored, and their bytes, and nothing else', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT });
    const appends = await value(server, 'millrace_appends_total');
    const bytes = await value(server, 'millrace_appended_bytes_total');
    const producer = { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '0' };
    for (const [headers, body] of [
      [TEXT, 'four'],
      [TEXT, 'seven77'],
      [{ ...TEXT, ...producer }, 'by producer'],
      [{ ...TEXT, ...producer }, 'by producer'],
      [{ 'Content-Type': 'text/html' }, 'refused'],
      [{ ...TEXT, 'Stream-Closed': 'true' }, 'last'],
      [TEXT, 'too late'],
    ] as const) {
      await server.post(path, { headers, body });
    }
    expect(await value(server, 'millrace_appends_total')).toBe(appends + 4);
    const stored = 'fourseven77by producerlast'.length;
    expect(await value(server, 'millrace_appended_bytes_total')).toBe(bytes + stored);
  });

  test('count requests by route, method and status, with their times', async () => {
    const count = (route: string, method: string, status: string): Promise<number> =>
      value(server, 'millrace_http_request_seconds_count', { route, method, status });
    const kinds: readonly (readonly [string, string, string, string])[] = [
      ['stream', 'PUT', '201', server.freshPath()],
      ['stream', 'GET', '404', server.freshPath()],
      ['stream', 'HEAD', '404', server.freshPath()],
      ['bucket', 'GET', '200', '/demo'],
      ['bucket-streams', 'GET', '200', '/demo/streams'],
      ['operations', 'GET', '200', '/-/healthy'],
      ['none', 'GET', '404', '/'],
      ['none', 'GET', '400', '/x/y'],
    ];
    for (const [route, method, status, path] of kinds) {
      const before = await count(route, method, status);
      expect((await server.send(method, path)).status).toBe(Number(status));
      await until(`a ${method} of ${path} is counted`, async () => {
        return (await count(route, method, status)) > before;
      });
    }
  });

  test('have histograms whose buckets add up', async () => {
    const all = [...(await families(server)).values()].filter(({ type }) => type === 'histogram');
    for (const { name, samples } of all) {
      const series = new Map<string, { buckets: number[]; count: number }>();
      for (const sample of samples) {
        const { le, ...labels } = sample.labels;
        const key = JSON.stringify(labels);
        const one = series.get(key) ?? { buckets: [], count: -1 };
        if (le !== undefined) one.buckets.push(sample.value);
        if (sample.name === `${name}_count`) one.count = sample.value;
        series.set(key, one);
      }
      for (const { buckets, count } of series.values()) {
        expect(buckets).toEqual([...buckets].sort((one, other) => one - other));
        expect(buckets.at(-1)).toBe(count);
      }
    }
  });

  test('do not grow with the paths that are asked for', async () => {
    await server.get('/nothing/here/0');
    const before = (await server.get('/metrics')).text.split('\n').length;
    for (let index = 1; index <= 30; index += 1) await server.get(`/nothing/here/${index}`);
    for (let index = 1; index <= 30; index += 1) await server.get(server.freshPath());
    await server.get('/metrics');
    expect((await server.get('/metrics')).text.split('\n').length).toBeLessThan(before + 40);
  });

  test('tell how many readers are live', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT });
    expect(await value(server, 'millrace_live_readers')).toBe(0);
    const readers = await Promise.all([1, 2].map(() => EventStream.open(server, path)));
    expect(await value(server, 'millrace_live_readers')).toBe(2);
    await Promise.all(readers.map((reader) => reader.cut()));
    await until('nobody is live', async () => {
      return (await value(server, 'millrace_live_readers')) === 0;
    });
  });
});

describe('metrics of the engine on disk', () => {
  const server = serve('embedded', { checkpointIntervalMs: 100 });

  test('tell what waits for a checkpoint, and that it is done', async () => {
    await server.put('/demo/one', { headers: TEXT, body: 'x'.repeat(10_000) });
    const names = ['millrace_unflushed_bytes', 'millrace_checkpoint_lag_commits'];
    for (const name of names) {
      await until(`${name} has come down`, async () => (await value(server, name)) === 0);
    }
    await until('its time is told', async () => {
      return (await value(server, 'millrace_checkpoint_seconds_count')) > 0;
    });
    expect(await value(server, 'millrace_wal_bytes')).toBeGreaterThan(0);
  });

  test('tell of every sync, and of how many commits it was for', async () => {
    const before = await families(server);
    const count = (all: Map<string, Family>, family: string, suffix: string): number =>
      all.get(family)?.samples.find(({ name }) => name === family + suffix)?.value ?? 0;
    await server.put('/demo/two', { headers: TEXT });
    for (let index = 0; index < 5; index += 1) {
      await server.post('/demo/two', { headers: TEXT, body: 'x' });
    }
    const after = await families(server);
    const grown = (family: string, suffix: string): number =>
      count(after, family, suffix) - count(before, family, suffix);
    expect(grown('millrace_group_commits', '_count')).toBe(6);
    expect(grown('millrace_group_commits', '_sum')).toBe(6);
    expect(grown('millrace_fsync_seconds', '_count')).toBe(6);
    expect(grown('millrace_fsync_seconds', '_sum')).toBeGreaterThan(0);
  });
});
