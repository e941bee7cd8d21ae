import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DurableStream } from '@durable-streams/client';
import {
  createDurableChatTransport,
  toDurableStreamResponse,
} from '@durable-streams/aisdk-transport';
import { createUIMessageStream, readUIMessageStream, streamText } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { startMillrace } from '../support/millrace.ts';
import { gather, inbox, restartableMillrace } from './support.ts';
import type { UIMessage, UIMessageChunk } from 'ai';

let server: Awaited<ReturnType<typeof startMillrace>>;
beforeAll(async () => {
  server = await startMillrace();
});
afterAll(() => server.close());

let streams = 0;
const freshUrl = () => `${server.url}/v1/stream/generations/${streams++}`;

const TOKENS = ['Dur', 'able', ' streams', ' keep', '\n', '  what', ' you', ' say', ' 🌊', '.'];
const ANSWER = TOKENS.join('');

describe('the AI SDK transport', () => {
  test('shows the answer while the model still writes it', async () => {
    const model = mockModel();
    const app = chatApp(freshUrl(), model);
    const { message } = follow(await app.send('Hello'));
    for (const [index, token] of TOKENS.entries()) {
      model.say(token);
      const soFar = TOKENS.slice(0, index + 1).join('');
      await message.until((states) => textOf(states.at(-1)) === soFar);
    }
    model.finish();
    await app.written();
    await message.until((states) => isDone(states.at(-1)));
    expect(textOf(message.items.at(-1))).toBe(ANSWER);
  });

  test('a reader who reloads in the middle gets the answer from its start to its end', async () => {
    const model = mockModel();
    const app = chatApp(freshUrl(), model);
    const leaving = new AbortController();
    const first = follow(await app.send('Hello', leaving.signal));
    for (const token of TOKENS.slice(0, 5)) model.say(token);
    await first.message.until((states) => textOf(states.at(-1)) === TOKENS.slice(0, 5).join(''));
    leaving.abort();

    const again = follow(await app.resume());
    await again.message.until((states) => textOf(states.at(-1)) === TOKENS.slice(0, 5).join(''));
    for (const token of TOKENS.slice(5)) model.say(token);
    model.finish();
    await again.message.until((states) => isDone(states.at(-1)));
    expect(textOf(again.message.items.at(-1))).toBe(ANSWER);
  });

  test('a finished answer reads the same again, chunk for chunk', async () => {
    const model = mockModel();
    const app = chatApp(freshUrl(), model);
    const live = await app.send('Hello');
    for (const token of TOKENS) model.say(token);
    model.finish();
    const once = await gather(live);
    const twice = await gather(await app.resume());
    expect(twice).toEqual(once);
    expect(once.at(0)).toMatchObject({ type: 'start' });
    expect(once.at(-1)).toMatchObject({ type: 'finish' });
  });

  test('an answer survives a restart of the stream server', async () => {
    const millrace = await restartableMillrace();
    const model = mockModel();
    const app = chatApp(`${millrace.url}/v1/stream/generation`, model);
    const { message } = follow(await app.send('Hello'));
    for (const token of TOKENS.slice(0, 4)) model.say(token);
    await message.until((states) => textOf(states.at(-1)) === TOKENS.slice(0, 4).join(''));

    await millrace.stop();
    await millrace.start();
    for (const token of TOKENS.slice(4)) model.say(token);
    model.finish();
    await message.until((states) => isDone(states.at(-1)));
    expect(textOf(message.items.at(-1))).toBe(ANSWER);
    expect(textOf(await lastOf(await app.resume()))).toBe(ANSWER);
  });
});

describe('toDurableStreamResponse', () => {
  test('in await mode answers when all is stored and the stream is closed', async () => {
    const writeUrl = freshUrl();
    const chunks: UIMessageChunk[] = [
      { type: 'start', messageId: 'm1' },
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'thinking' },
      { type: 'reasoning-end', id: 'r' },
      { type: 'data-progress', id: 'p', data: { percent: [10, { deep: null }] } },
      { type: 'tool-input-available', toolCallId: 't', toolName: 'clock', input: { zone: 'UTC' } },
      { type: 'tool-output-available', toolCallId: 't', output: ['12:00'] },
      { type: 'finish' },
    ];
    const response = await toDurableStreamResponse({
      source: createUIMessageStream({
        execute: ({ writer }) => {
          for (const chunk of chunks) writer.write(chunk);
        },
      }),
      stream: { writeUrl },
      mode: 'await',
    });
    const handle = new DurableStream({ url: writeUrl });
    const head = await handle.head();
    expect(head).toMatchObject({ contentType: 'application/json', streamClosed: true });
    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBe(writeUrl);
    expect(await response.json()).toEqual({
      streamUrl: writeUrl,
      finalOffset: head.exists ? head.offset : undefined,
    });
    expect(await (await handle.stream()).json()).toEqual(chunks);
  });

  test('closes the stream after what there was when the source fails', async () => {
    const writeUrl = freshUrl();
    const failing = async function* () {
      yield await Promise.resolve({ type: 'text-start', id: '1' });
      throw new Error('the model went away');
    };
    const response = toDurableStreamResponse({
      source: failing(),
      stream: { writeUrl },
      mode: 'await',
    });
    await expect(response).rejects.toThrow('the model went away');
    const read = await new DurableStream({ url: writeUrl }).stream();
    expect(await read.json()).toEqual([{ type: 'text-start', id: '1' }]);
    expect(read.streamClosed).toBe(true);
  });
});

/** An application as the package's README has it, and its transport; the answers are the model's. */
function chatApp(writeUrl: string, { model }: ReturnType<typeof mockModel>) {
  const writes: Promise<unknown>[] = [];
  let activeStream: string | undefined;
  const application: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.method === 'POST') {
      activeStream = writeUrl;
      return toDurableStreamResponse({
        source: streamText({ model, prompt: await request.text() }).toUIMessageStream(),
        stream: { writeUrl },
        waitUntil: (write) => writes.push(write),
      });
    }
    return activeStream === undefined
      ? new Response(null, { status: 204 })
      : new Response(null, { headers: { Location: activeStream } });
  };
  const transport = createDurableChatTransport({
    api: 'http://chat.example/api/chat',
    fetchClient: application,
  });
  return {
    send: (text: string, abortSignal?: AbortSignal) =>
      transport.sendMessages({
        trigger: 'submit-message',
        chatId: 'c1',
        messageId: undefined,
        messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text }] }],
        abortSignal,
      }),
    resume: async () => {
      const resumed = await transport.reconnectToStream({ chatId: 'c1' });
      if (resumed === null) throw new Error('nothing to resume');
      return resumed;
    },
    written: () => Promise.all(writes),
  };
}

type ModelStream = Awaited<ReturnType<MockLanguageModelV3['doStream']>>['stream'];
type ModelPart = ModelStream extends ReadableStream<infer Part> ? Part : never;

/** A model that says what it is told to, when it is told to. */
function mockModel() {
  const { readable, writable } = new TransformStream<ModelPart, ModelPart>(undefined, {
    highWaterMark: Infinity,
  });
  const writer = writable.getWriter();
  const put = (part: ModelPart) => void writer.write(part);
  put({ type: 'stream-start', warnings: [] });
  put({ type: 'text-start', id: 't' });
  return {
    model: new MockLanguageModelV3({ doStream: () => Promise.resolve({ stream: readable }) }),
    say: (delta: string) => {
      put({ type: 'text-delta', id: 't', delta });
    },
    finish: () => {
      const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 };
      put({ type: 'text-end', id: 't' });
      put({
        type: 'finish',
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: { inputTokens: none, outputTokens: { total: 0, text: 0, reasoning: 0 } },
      });
      void writer.close();
    },
  };
}

/** The message as it grows, each state as the user interface would show it. */
function follow(chunks: ReadableStream<UIMessageChunk>) {
  const message = inbox<UIMessage>();
  const read = async () => {
    for await (const state of readUIMessageStream({ stream: chunks })) {
      message.add(structuredClone(state));
    }
  };
  read().catch(message.fail);
  return { message };
}

async function lastOf(chunks: ReadableStream<UIMessageChunk>): Promise<UIMessage | undefined> {
  return (await gather(readUIMessageStream({ stream: chunks }))).at(-1);
}

function textOf(message: UIMessage | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function isDone(message: UIMessage | undefined): boolean {
  return (message?.parts ?? []).some((part) => part.type === 'text' && part.state === 'done');
}
