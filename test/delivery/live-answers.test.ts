import { beforeEach, describe, expect, it } from 'vitest';
import type { Heard, Place } from '../../src/delivery/service-source/answers.ts';
import { LiveAnswers } from '../../src/delivery/service-source/live-answers.ts';
import type { AnswerInParts } from '../../src/services/answer.ts';
import { isServiceHeader } from '../../src/services/hop.ts';
import type { Question, Service } from '../../src/services/service.ts';
import { NOW_MS } from '../support/states.ts';

const BEGINNING: Place = { mark: '', taken: 0 };

let asked: Question[];
/** What the service says, connection by connection; the last again and again. */
let bodies: string[];

function events(text: string): AnswerInParts {
  const pieces = (async function* () {
    yield await Promise.resolve(Buffer.from(text));
  })();
  return {
    kind: 'answered',
    status: 200,
    headers: new Map([['content-type', 'text/event-stream']]),
    url: new URL('http://service.test/'),
    body: Object.assign(pieces, { cancel: () => undefined }),
  };
}

const service: Service = {
  ask: () => Promise.reject(new Error('nobody asks for all of it')),
  askInParts: (question) => {
    asked.push(question);
    const unfit = Object.entries(question.headers).find(([name, value]) => {
      return !isServiceHeader(name, value);
    });
    const text = bodies[Math.min(asked.length, bodies.length) - 1] ?? '';
    const answer: AnswerInParts =
      unfit === undefined ? events(text) : { kind: 'invalid-header', name: unfit[0] };
    return Promise.resolve(answer);
  },
};

function answers(): LiveAnswers {
  return new LiveAnswers({
    find: () => service,
    nowMs: () => NOW_MS,
    random: () => 0.5,
    signal: new AbortController().signal,
  });
}

/** What is heard until the service closes or fails, and then that. */
async function hearAll(from: LiveAnswers, place: Place): Promise<{ said: string[]; end: Heard }> {
  const said: string[] = [];
  for (let at = place; ;) {
    const heard = await from.next(at);
    if (heard.kind !== 'said') return { said, end: heard };
    said.push(...heard.records.map(({ body }) => body.toString()));
    at = { mark: heard.records.at(-1)?.mark ?? '', taken: at.taken + heard.records.length };
  }
}

beforeEach(() => {
  asked = [];
});

describe('the events of a service', () => {
  it.each([
    ['retry: 2500', 2500],
    ['retry: 999999999999999', 3_600_000],
    ['retry: 0', 100],
    ['', 1000],
  ])('with %j are asked for again in %i ms', async (retry, retryAfterMs) => {
    bodies = [`${retry}\ndata: 1\n\n`];
    const { end } = await hearAll(answers(), BEGINNING);
    expect(end).toEqual({ kind: 'waiting', reason: 'service-closed', retryAfterMs });
  });

  it.each(['7', 'é—😀', 'x'.repeat(8000)])('go on behind the id %s', async (id) => {
    bodies = [`id: ${id}\ndata: 1\n\n`, 'data: 2\n\n'];
    const live = answers();
    const heard = await live.next(BEGINNING);
    const mark = heard.kind === 'said' ? (heard.records[0]?.mark ?? '') : '';
    const { said } = await hearAll(answers(), { mark, taken: 1 });
    expect(said).toEqual(['2']);
    const sent = asked.at(-1)?.headers['last-event-id'] ?? '';
    expect(Buffer.from(sent, 'latin1').toString()).toBe(id);
  });

  it.each(['x'.repeat(8193), 'a\u0001b'])(
    'with an id that nobody can send back are not kept',
    async (id) => {
      bodies = [`id: 1\ndata: 1\n\nid: ${id}\ndata: 2\n\nid: 3\ndata: 3\n\n`];
      const { said, end } = await hearAll(answers(), BEGINNING);
      expect(said).toEqual(['1']);
      const detail = 'its answer cannot be read: an event has an id that no header can hold';
      expect(end).toMatchObject({ kind: 'waiting', reason: 'service-failed', detail });
    },
  );
});
