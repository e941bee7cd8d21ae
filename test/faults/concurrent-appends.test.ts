import { expect, test } from 'vitest';
import { mortal } from './support/mortals.ts';

const APPENDS = 200;

test('D19: 200 appends at once get 200 offsets, and the tail is the bytes that are read', async () => {
  const server = await mortal();
  const { client } = server;
  const headers = { 'Content-Type': 'text/plain' };
  await client.put('/demo/stream', { headers });
  const bodies = Array.from({ length: APPENDS }, (_, index) => `${index}`.padStart(5) + '\n');
  const answers = await Promise.all(
    bodies.map((body) => client.post('/demo/stream', { headers, body })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  expect(new Set(answers.map(({ offset }) => offset)).size).toBe(APPENDS);

  const check = async (): Promise<void> => {
    const { text, offset } = await client.get('/demo/stream');
    expect(offset).toBe((await client.head('/demo/stream')).offset);
    expect(Number(offset.split('_')[1])).toBe(text.length);
    // Each append ends where its answer says.
    for (const [index, answer] of answers.entries()) {
      const end = Number(answer.offset.split('_')[1]);
      expect(text.slice(end - 6, end)).toBe(bodies[index]);
    }
  };
  await check();
  await server.restart();
  await check();
});
