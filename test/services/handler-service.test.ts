import { describe, expect, it } from 'vitest';
import type { Answer, AnswerInParts } from '../../src/services/answer.ts';
import { BodyCut } from '../../src/services/answer.ts';
import { HandlerService, type HandlerServiceParts } from '../../src/services/handler-service.ts';
import type { Handler, HandlerRequest } from '../../src/services/handler.ts';
import type { Question } from '../../src/services/service.ts';
import { until } from '../support/http/until.ts';

const LONG_MS = 60_000;

const QUESTION: Question = {
  body: Buffer.from('hello'),
  headers: { 'Content-Type': 'text/plain' },
  page: undefined,
  timeoutMs: undefined,
  signal: undefined,
};

function service(handle: Handler, more: Partial<HandlerServiceParts> = {}) {
  const failures: unknown[] = [];
  const parts: HandlerServiceParts = {
    timeoutMs: LONG_MS,
    answerBytesMax: 1000,
    callsMax: 10,
    onFailure: (error) => failures.push(error),
    ...more,
  };
  return { service: new HandlerService(parts, 'acme', 'in', handle), failures };
}

function shown(answer: Answer): unknown {
  if (answer.kind !== 'answered') return answer;
  const { status, headers, body } = answer;
  return { status, type: headers.get('content-type'), body: body.toString() };
}

async function read(answer: AnswerInParts): Promise<string[]> {
  if (answer.kind !== 'answered') throw new Error(answer.kind);
  const parts: string[] = [];
  for await (const part of answer.body) parts.push(part.toString());
  return parts;
}

/** Never resolves. */
function never(): Promise<undefined> {
  return new Promise(() => undefined);
}

async function* counting(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield await Promise.resolve(part);
}

describe('a service in this process', () => {
  it('is told what was asked', async () => {
    const requests: HandlerRequest[] = [];
    const { service: asked } = service((request) => {
      requests.push(request);
      return undefined;
    });
    const page = new URL('handler://in-process/?page=2');
    await asked.ask({ ...QUESTION, page });
    await asked.ask({ ...QUESTION, body: undefined });
    expect(requests).toMatchObject([
      {
        account: 'acme',
        subject: 'in',
        body: Buffer.from('hello'),
        headers: { 'content-type': 'text/plain' },
        page,
      },
      { body: Buffer.alloc(0), page: undefined },
    ]);
  });

  it.each<[string, Handler, unknown]>([
    ['nothing', () => undefined, { status: 204, type: undefined, body: '' }],
    ['a status', () => ({ status: 503 }), { status: 503, type: undefined, body: '' }],
    [
      'text',
      () => ({ body: 'hi' }),
      { status: 200, type: 'text/plain; charset=utf-8', body: 'hi' },
    ],
    [
      'bytes',
      () => ({ body: new Uint8Array([104, 105]) }),
      { status: 200, type: 'application/octet-stream', body: 'hi' },
    ],
    [
      'an object',
      () => Promise.resolve({ status: 201, body: { a: [1, null] } }),
      { status: 201, type: 'application/json', body: '{"a":[1,null]}' },
    ],
    ['null', () => ({ body: null }), { status: 200, type: 'application/json', body: 'null' }],
    [
      'parts',
      () => ({ headers: { 'Content-Type': 'text/x' }, body: counting('a', new Uint8Array([98])) }),
      { status: 200, type: 'text/x', body: 'ab' },
    ],
  ])('answers with %s', async (_name, handle, expected) => {
    expect(shown(await service(handle).service.ask(QUESTION))).toEqual(expected);
  });

  it.each<[string, Handler]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['answers with a status that is none', () => ({ status: 99 })],
    ['answers with a header that would be two', () => ({ headers: { a: 'b\r\nc: d' } })],
    ['answers with what is no JSON', () => ({ body: () => undefined })],
  ])('that %s has answered with 500, and the server is told', async (_name, handle) => {
    const { service: asked, failures } = service(handle);
    expect(shown(await asked.ask(QUESTION))).toMatchObject({ status: 500 });
    expect(failures).toHaveLength(1);
  });

  it('is given up after its time, or the asker’s own, and knows', async () => {
    const signals: AbortSignal[] = [];
    const handle: Handler = ({ signal }) => {
      signals.push(signal);
      return never();
    };
    const { service: own } = service(handle, { timeoutMs: 1 });
    expect(await own.ask(QUESTION)).toEqual({ kind: 'timed-out' });
    const { service: asked } = service(handle);
    expect(await asked.ask({ ...QUESTION, timeoutMs: 1 })).toEqual({ kind: 'timed-out' });
    const cut = new AbortController();
    const stopped = asked.ask({ ...QUESTION, signal: cut.signal });
    cut.abort();
    expect(await stopped).toEqual({ kind: 'unreachable', reason: 'stopped' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  it('that is closed ends what is under way, and is asked no more', async () => {
    const { service: asked } = service(never);
    const pending = asked.ask(QUESTION);
    asked.close();
    const stopped = { kind: 'unreachable', reason: 'stopped' };
    expect([await pending, await asked.ask(QUESTION)]).toEqual([stopped, stopped]);
  });

  it('is busy while as many calls as may be are under way', async () => {
    const ends: (() => void)[] = [];
    const handle: Handler = () =>
      new Promise((resolve) => {
        ends.push(() => {
          resolve({ body: 'done' });
        });
      });
    const { service: asked } = service(handle, { callsMax: 1 });
    const first = asked.ask(QUESTION);
    expect(await asked.ask(QUESTION)).toEqual({ kind: 'unreachable', reason: 'busy' });
    ends[0]?.();
    expect(shown(await first)).toMatchObject({ body: 'done' });
    const next = asked.ask(QUESTION);
    ends[1]?.();
    expect(shown(await next)).toMatchObject({ body: 'done' });
  });

  it('answers with no more than it may, where that is taken whole', async () => {
    const large = 'x'.repeat(1001);
    for (const body of [large, counting('x'.repeat(600), 'x'.repeat(600))]) {
      expect(await service(() => ({ body })).service.ask(QUESTION)).toEqual({ kind: 'too-large' });
    }
  });
});

describe('an answer of this process in parts', () => {
  it('is read as it comes, whatever it is', async () => {
    const { service: parts } = service(() => ({ body: counting('a', 'b') }));
    expect(await read(await parts.askInParts(QUESTION))).toEqual(['a', 'b']);
    const { service: whole } = service(() => ({ body: 'ab' }));
    expect(await read(await whole.askInParts(QUESTION))).toEqual(['ab']);
  });

  it('that fails midway is cut there, and the server is told', async () => {
    async function* failing() {
      yield await Promise.resolve('a');
      throw new Error('broken');
    }
    const { service: asked, failures } = service(() => ({ body: failing() }));
    await expect(read(await asked.askInParts(QUESTION))).rejects.toThrow(BodyCut);
    expect(failures).toEqual([new Error('broken')]);
  });

  it('is cut when its next part takes too long', async () => {
    async function* hanging() {
      yield await Promise.resolve('a');
      await never();
    }
    const { service: asked } = service(() => ({ body: hanging() }), { timeoutMs: 10 });
    await expect(read(await asked.askInParts(QUESTION))).rejects.toThrow('timed-out');
    await expect(asked.ask(QUESTION)).resolves.toEqual({ kind: 'timed-out' });
  });

  it('that nobody reads any more lets its source end', async () => {
    const ended = { is: false };
    async function* endless() {
      try {
        for (;;) yield await Promise.resolve('a');
      } finally {
        ended.is = true;
      }
    }
    const { service: asked } = service(() => ({ body: endless() }));
    const answer = await asked.askInParts(QUESTION);
    if (answer.kind !== 'answered') throw new Error(answer.kind);
    for await (const part of answer.body) {
      expect(part.toString()).toBe('a');
      break;
    }
    await until('the source ends', () => Promise.resolve(ended.is));
  });
});
