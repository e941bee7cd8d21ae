import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/http/until.ts';
import { startMillrace } from '../../support/millrace.ts';
import { at } from '../../support/openapi-checker.ts';

/** A server, and the lines that it logs. */
async function logging() {
  const lines: unknown[] = [];
  const stream = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()));
      done();
    },
  });
  const logger = pino({ level: 'info' }, stream);
  const server = await startMillrace({ memory: true, logger });
  onTestFinished(() => server.close());
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return await answer.json();
  };
  const ofTriggers = (): unknown[] => lines.filter((line) => at(line, 'trigger') !== undefined);
  return { ask, ofTriggers };
}

test('a trigger that waits is logged once with what to do, and once when it goes on', async () => {
  const { ask, ofTriggers } = await logging();
  await ask('PUT', '/storage/streams/in', {});
  await ask('POST', '/trigger/stream', {
    name: 'copy',
    trigger_type: 'stream',
    source: { subject: 'in' },
    target: { subject: 'out' },
  });
  const status = async (): Promise<unknown> =>
    at(await ask('GET', '/trigger/triggers/stream/copy'), 'body', 'status');
  expect(await status()).toMatchObject({ state: 'active', reason: null, advice: null });

  for (const body of [1, 2, 3]) {
    await ask('POST', '/storage/streams/in/messages', { stream: 'in', subject: 'in', body });
  }
  await until('it was tried often', async () => Number(at(await status(), 'retried')) >= 3);
  const advice = 'Create the stream that it delivers to.';
  expect(await status()).toMatchObject({ state: 'waiting', reason: 'target-missing', advice });
  const standsStill = { level: 40, account: 'default', trigger: 'copy', reason: 'target-missing' };
  expect(ofTriggers()).toMatchObject([{ ...standsStill, source: 'in', position: 1, advice }]);

  await ask('PUT', '/storage/streams/out', {});
  await until('all is delivered', async () => at(await status(), 'delivered') === 3);
  await until('it is told', () => ofTriggers().length > 1);
  expect(ofTriggers()).toMatchObject([
    standsStill,
    { level: 30, trigger: 'copy', msg: 'a trigger goes on' },
  ]);
});

test.each([
  ['no stream captures its source', {}, 'source-missing'],
  ['nobody answers for its source', { type: 'service' }, 'service-missing'],
])('a trigger is logged when %s', async (_when, source, reason) => {
  const { ask, ofTriggers } = await logging();
  await ask('POST', '/trigger/stream', {
    name: 'copy',
    trigger_type: 'stream',
    source: { subject: 'in', ...source },
    target: { subject: 'out' },
  });
  await until('it is told', () => ofTriggers().length > 0);
  expect(ofTriggers()).toMatchObject([{ trigger: 'copy', reason }]);
});

test('a trigger is logged when its export is taken away, and when it has one again', async () => {
  const { ask, ofTriggers } = await logging();
  for (const name of ['in', 'out']) await ask('PUT', `/storage/streams/${name}`, {});
  await ask('POST', '/trigger/stream', {
    name: 'copy',
    trigger_type: 'stream',
    source: { subject: 'in' },
    target: { subject: 'out' },
  });
  const id = at(await ask('GET', '/accounts/export'), 'body', 'results', '0', 'id');
  await ask('DELETE', `/accounts/export?id=${String(id)}`);
  expect(ofTriggers()).toMatchObject([{ trigger: 'copy', reason: 'export-missing' }]);
  await ask('POST', '/accounts/export', { subject: 'in', accounts: ['default'] });
  await until('it is told', () => ofTriggers().length > 1);
  expect(ofTriggers().slice(1)).toMatchObject([{ trigger: 'copy', msg: 'a trigger goes on' }]);
});
