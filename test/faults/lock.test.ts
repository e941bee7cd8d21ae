import { expect, test } from 'vitest';
import { mortal } from './support/mortals.ts';
import { failureOf, Mortal } from './support/mortal.ts';

test('D15: a second server on a folder ends with a message that names the folder', async () => {
  const first = await mortal();
  await first.client.put('/demo/stream', { headers: { 'Content-Type': 'text/plain' }, body: 'a' });
  const second = new Mortal(first.dataDir);
  const { exitCode, output } = await failureOf(second.start());
  expect(exitCode).toBe(1);
  expect(output).toContain(`${first.dataDir} is in use by another process`);
  // One line is enough: there is nothing wrong with the program.
  expect(output).not.toContain('    at ');
  // The first one has not noticed.
  expect((await first.client.get('/demo/stream')).text).toBe('a');
  expect(
    (
      await first.client.post('/demo/stream', {
        headers: { 'Content-Type': 'text/plain' },
        body: 'b',
      })
    ).status,
  ).toBe(204);
});

test('D15: after a kill -9 the next server takes the folder at once', async () => {
  const server = await mortal();
  for (let life = 1; life <= 3; life += 1) {
    await server.die();
    await server.start();
  }
  expect((await server.client.get('/-/ready')).status).toBe(200);
});

test('D15: a folder can be taken as soon as its server has stopped', async () => {
  const first = await mortal();
  const second = new Mortal(first.dataDir);
  expect(await first.stop()).toBe(0);
  await second.start();
  expect((await second.client.get('/-/ready')).status).toBe(200);
  await second.end();
});
