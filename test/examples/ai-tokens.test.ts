import { describe, expect, test } from 'vitest';
import { DurableStream } from '@durable-streams/client';
import { killableMillrace } from '../ecosystem/support.ts';
import { runExample, startRelay } from './support.ts';

const ANSWER = `A millrace is the channel that carries a stream to the wheel. Water that has passed
the wheel is gone, but a durable stream keeps it: every token of this answer has an offset, and a
reader who knows the last offset it saw can come back at any time and ask for what follows.
  So it does not matter that this reader hangs up after every tenth piece.
It is back before you notice, and nothing is lost, and nothing is said twice. 🌊
`;

describe('examples/ai-tokens.ts', () => {
  test('prints the answer once, although its reader keeps hanging up', async () => {
    const millrace = await killableMillrace();
    const program = runExample('ai-tokens.ts', millrace.url);
    await program.success();
    expect(program.stdout.text()).toBe(ANSWER);

    const again = runExample('ai-tokens.ts', millrace.url, answerUrl(program.stderr.text()));
    await again.success();
    expect(again.stdout.text()).toBe(ANSWER);
  });

  test('goes on after the server was killed in the middle of the answer', async () => {
    const millrace = await killableMillrace();
    const relay = await startRelay(millrace.url, { holdAnswerOfPost: 25 });
    const program = runExample('ai-tokens.ts', relay.url);
    await relay.heldAnswer;
    const url = answerUrl(program.stderr.text());
    const elsewhere = runExample('ai-tokens.ts', relay.url, url);
    await elsewhere.stdout.until((text) => text.length > 0);

    await millrace.killAndRestart();
    relay.loseAnswer();
    await Promise.all([program.success(), elsewhere.success()]);
    expect(program.stdout.text()).toBe(ANSWER);
    expect(elsewhere.stdout.text()).toBe(ANSWER);
    const stored = await new DurableStream({ url }).stream();
    expect(await stored.text()).toBe(ANSWER);
    expect(stored.streamClosed).toBe(true);
  });
});

function answerUrl(printed: string): string {
  const [url] = /http:\S+/.exec(printed) ?? [];
  if (url === undefined) throw new Error(`no address in: ${printed}`);
  return url;
}
