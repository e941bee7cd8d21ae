import { describe, expect, test } from 'vitest';
import { killableMillrace } from '../ecosystem/support.ts';
import { runExample } from './support.ts';

describe('examples/chat-room.ts', () => {
  test('everyone in a room sees the same messages in the same order', async () => {
    const millrace = await killableMillrace();
    const enter = (name: string) => runExample('chat-room.ts', millrace.url, 'the mill', name);
    const [red, green] = [enter('red'), enter('green')];
    red.type('Is anybody here?');
    await green.stdout.until((text) => text.includes('anybody'));
    green.type('  I am — 🌊');
    await red.stdout.until((text) => text.includes('green'));

    const blue = enter('blue');
    await blue.stdout.until((text) => text.includes('green'));
    const everyone = [red, green, blue];
    for (const [index, { type }] of everyone.entries()) type(`all at once ${index}`);
    await seenByAll(everyone, 5);

    await millrace.killAndRestart();
    blue.type('Where were we?');
    await seenByAll(everyone, 6);
    const [transcript, ...others] = everyone.map(({ stdout }) => stdout.text());
    expect(transcript).toMatch(
      /^red: Is anybody here\?\ngreen: {3}I am — 🌊\n(?:\w+: all at once \d\n){3}blue: Where were we\?\n$/,
    );
    expect(others).toEqual([transcript, transcript]);

    for (const { hangUp } of everyone) hangUp();
    await Promise.all(everyone.map(({ success }) => success()));
  });

  test('rooms do not hear each other', async () => {
    const millrace = await killableMillrace();
    const kitchen = runExample('chat-room.ts', millrace.url, 'kitchen', 'red');
    const garden = runExample('chat-room.ts', millrace.url, 'garden', 'green');
    kitchen.type('soup');
    await kitchen.stdout.until((text) => text === 'red: soup\n');
    garden.type('rain');
    await garden.stdout.until((text) => text.includes('rain'));
    expect(garden.stdout.text()).toBe('green: rain\n');
  });
});

async function seenByAll(everyone: ReturnType<typeof runExample>[], messages: number) {
  await Promise.all(
    everyone.map(({ stdout }) => stdout.until((text) => text.split('\n').length > messages)),
  );
}
