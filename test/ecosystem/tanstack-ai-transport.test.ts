import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DurableStream } from '@durable-streams/client';
import {
  durableStreamConnection,
  ensureDurableChatSessionStream,
  materializeSnapshotFromDurableStream,
  toDurableChatSessionResponse,
  toDurableStreamResponse,
} from '@durable-streams/tanstack-ai-transport';
import { startMillrace } from '../support/millrace.ts';
import { inbox, restartableMillrace } from './support.ts';

let server: Awaited<ReturnType<typeof startMillrace>>;
beforeAll(async () => {
  server = await startMillrace();
});
afterAll(() => server.close());

let sessions = 0;
const freshUrl = () => `${server.url}/v1/stream/sessions/${sessions++}`;

const DELTAS = ['It', ' is', '  nine', '\no’clock', '.'];
const ANSWER = DELTAS.join('');

describe('a TanStack AI chat session', () => {
  test('brings the question and the answer to everyone in it, as they are written', async () => {
    const session = await openSession(freshUrl());
    const asking = session.join();
    const watching = session.join();
    await Promise.all([asking.snapshot(), watching.snapshot()]);

    const answer = answering('a1');
    session.answerWith(answer);
    await session.ask('u1', 'What time is it?');
    for (const delta of DELTAS) {
      answer.say(delta);
      for (const { chunks } of [asking, watching]) {
        await chunks.until((all) => all.some((chunk) => chunk.delta === delta));
      }
    }
    answer.finish();
    for (const { chunks } of [asking, watching]) {
      await chunks.until((all) => all.at(-1)?.type === 'RUN_FINISHED');
      expect(spoken(chunks.items, 'u1')).toBe('What time is it?');
      expect(spoken(chunks.items, 'a1')).toBe(ANSWER);
    }
    expect(watching.chunks.items).toEqual(asking.chunks.items);
  });

  test('gives whoever comes later the messages so far, then what follows', async () => {
    const session = await openSession(freshUrl());
    await session.exchange('u1', 'a1');
    const answer = answering('a2');
    session.answerWith(answer);
    await session.ask('u2', 'And now?');
    answer.say('Half');
    await session.written('Half');

    const late = session.join();
    expect(await late.snapshot()).toEqual([
      { id: 'u1', role: 'user', parts: [{ type: 'text', content: 'What time is it?' }] },
      { id: 'a1', role: 'assistant', parts: [{ type: 'text', content: ANSWER }] },
      { id: 'u2', role: 'user', parts: [{ type: 'text', content: 'And now?' }] },
      { id: 'a2', role: 'assistant', parts: [{ type: 'text', content: 'Half' }] },
    ]);
    answer.say(' past.');
    answer.finish();
    await late.chunks.until((all) => all.at(-1)?.type === 'RUN_FINISHED');
    expect(spoken(late.chunks.items, 'a2')).toBe(' past.');
  });

  test('goes on from the offset of a snapshot made elsewhere', async () => {
    const session = await openSession(freshUrl());
    await session.exchange('u1', 'a1');
    const snapshot = await materializeSnapshotFromDurableStream({ readUrl: session.url });
    expect(snapshot.messages).toHaveLength(2);
    if (snapshot.offset === undefined) throw new Error('a snapshot without offset');

    await session.exchange('u2', 'a2');
    const resumed = session.join(snapshot.offset);
    await resumed.chunks.until((all) => all.at(-1)?.type === 'RUN_FINISHED');
    expect(spoken(resumed.chunks.items, 'u1')).toBe('');
    expect(spoken(resumed.chunks.items, 'a2')).toBe(ANSWER);
    const rest = await materializeSnapshotFromDurableStream({
      readUrl: session.url,
      offset: snapshot.offset,
    });
    expect(rest.messages).toHaveLength(2);
  });

  test('survives a restart of the stream server, in the middle of an answer', async () => {
    const millrace = await restartableMillrace();
    const session = await openSession(`${millrace.url}/v1/stream/session`);
    const joined = session.join();
    await joined.snapshot();
    const answer = answering('a1');
    session.answerWith(answer);
    await session.ask('u1', 'What time is it?');
    for (const delta of DELTAS.slice(0, 2)) answer.say(delta);
    await joined.chunks.until((all) => spoken(all, 'a1') === DELTAS.slice(0, 2).join(''));

    await millrace.stop();
    await millrace.start();
    for (const delta of DELTAS.slice(2)) answer.say(delta);
    answer.finish();
    await joined.chunks.until((all) => all.at(-1)?.type === 'RUN_FINISHED');
    expect(spoken(joined.chunks.items, 'a1')).toBe(ANSWER);
    const { messages } = await materializeSnapshotFromDurableStream({ readUrl: session.url });
    expect(messages).toHaveLength(2);
  });

  test('insists on a JSON stream', async () => {
    const writeUrl = freshUrl();
    await DurableStream.create({ url: writeUrl, contentType: 'text/plain' });
    await expect(ensureDurableChatSessionStream({ writeUrl })).rejects.toThrow('409');
  });
});

test('toDurableStreamResponse stores any source and closes the stream at its end', async () => {
  const writeUrl = freshUrl();
  const answer = answering('a1');
  for (const delta of DELTAS) answer.say(delta);
  answer.finish();
  const response = await toDurableStreamResponse(answer.chunks, {
    stream: { writeUrl },
    mode: 'await',
  });
  const handle = new DurableStream({ url: writeUrl });
  const head = await handle.head();
  expect(await response.json()).toEqual({
    streamUrl: writeUrl,
    finalOffset: head.exists ? head.offset : undefined,
  });
  const read = await handle.stream();
  expect(spoken((await read.json()).map(parseChunk), 'a1')).toBe(ANSWER);
  expect(read.streamClosed).toBe(true);
});

interface Chunk {
  readonly type: string;
  readonly messageId?: string;
  readonly delta?: string;
  readonly messages?: unknown;
}

type Answer = ReturnType<typeof answering>;

/** A chat session whose application answers each question with the next prepared answer. */
async function openSession(url: string) {
  await ensureDurableChatSessionStream({ writeUrl: url });
  const answers: Answer[] = [];
  const application: typeof fetch = async (input, init) => {
    const body: unknown = await new Request(input, init).json();
    const answer = answers.shift();
    if (answer === undefined) throw new Error('no answer prepared');
    return toDurableChatSessionResponse({
      stream: { writeUrl: url },
      newMessages: parseMessages(body),
      responseStream: answer.chunks,
    });
  };
  const connect = (initialOffset?: string) =>
    durableStreamConnection({
      sendUrl: 'http://chat.example/api/chat',
      readUrl: url,
      fetchClient: application,
      ...(initialOffset === undefined ? {} : { initialOffset }),
    });
  const ask = (id: string, content: string) =>
    connect().send([{ id, role: 'user', parts: [{ type: 'text', content }] }]);
  const join = (initialOffset?: string) => listen(connect(initialOffset));
  const written = async (delta: string) => {
    const { chunks } = listen(
      durableStreamConnection({ sendUrl: url, emitSnapshotOnSubscribe: false }),
    );
    await chunks.until((all) => all.some((chunk) => chunk.delta === delta));
  };
  const answerWith = (answer: Answer) => answers.push(answer);
  return {
    url,
    join,
    ask,
    answerWith,
    written,
    /** A whole question and answer, stored. */
    exchange: async (questionId: string, answerId: string) => {
      const answer = answering(answerId);
      for (const delta of DELTAS) answer.say(delta);
      answer.finish();
      answerWith(answer);
      const { chunks } = listen(
        durableStreamConnection({ sendUrl: url, emitSnapshotOnSubscribe: false }),
      );
      await ask(questionId, 'What time is it?');
      await chunks.until((all) =>
        all.some(({ type, messageId }) => type === 'RUN_FINISHED' && messageId === answerId),
      );
    },
  };
}

/** Everything a connection brings until the test ends. */
function listen(connection: ReturnType<typeof durableStreamConnection>) {
  const leaving = new AbortController();
  onTestFinished(() => {
    leaving.abort();
  });
  const chunks = inbox<Chunk>();
  const read = async () => {
    const source: AsyncIterable<unknown> = connection.subscribe(leaving.signal);
    for await (const chunk of source) chunks.add(parseChunk(chunk));
  };
  read().catch(chunks.fail);
  return {
    chunks,
    snapshot: async () => {
      const [first] = await chunks.until(({ length }) => length > 0);
      expect(first?.type).toBe('MESSAGES_SNAPSHOT');
      return first?.messages;
    },
  };
}

/** An answer in TanStack AI's chunks, whose text the test decides as it goes. */
function answering(messageId: string) {
  const { readable, writable } = new TransformStream<unknown, unknown>(undefined, {
    highWaterMark: Infinity,
  });
  const writer = writable.getWriter();
  let content = '';
  const put = (chunk: unknown) => void writer.write(chunk);
  put({ type: 'RUN_STARTED', messageId });
  put({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' });
  return {
    chunks: readable.values(),
    say: (delta: string) => {
      content += delta;
      put({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta, content });
    },
    finish: () => {
      put({ type: 'TEXT_MESSAGE_END', messageId });
      put({ type: 'RUN_FINISHED', messageId });
      void writer.close();
    },
  };
}

/** All that one message said. */
function spoken(chunks: readonly Chunk[], messageId: string): string {
  return chunks
    .filter((chunk) => chunk.type === 'TEXT_MESSAGE_CONTENT' && chunk.messageId === messageId)
    .map(({ delta }) => delta)
    .join('');
}

function parseChunk(value: unknown): Chunk {
  if (!isChunk(value)) throw new Error(`not a chunk: ${JSON.stringify(value)}`);
  return value;
}

function isChunk(value: unknown): value is Chunk {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  );
}

function parseMessages(body: unknown): object[] {
  if (typeof body !== 'object' || body === null || !('messages' in body)) {
    throw new Error('no messages');
  }
  if (!Array.isArray(body.messages)) throw new Error('messages is not an array');
  return Array.from<unknown>(body.messages).filter((message) => isObject(message));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
