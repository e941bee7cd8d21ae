import { describe, expect, it } from 'vitest';
import {
  exchange,
  RawConnection,
  requestBytes,
  type Answer,
  type RawRequest,
} from '../support/raw-http.ts';
import { shareMillrace } from './support.ts';

const millrace = shareMillrace({
  walSegmentBytes: 4 * 1024 * 1024,
  checkpointIntervalMs: 200,
  idleStreamsMax: 1000,
});

const STREAMS = 20_000;
const CONNECTIONS = 32;
const AT_ONCE = 16;

/** Sends all requests over a few connections, several at a time on each, and hands out answers. */
async function storm(
  requests: readonly RawRequest[],
  onAnswer: (answer: Answer, index: number) => void,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    const connection = await RawConnection.open(millrace.port);
    while (next < requests.length) {
      const from = next;
      const batch = requests.slice(from, from + AT_ONCE);
      next += batch.length;
      connection.send(Buffer.concat(batch.map(requestBytes)));
      for (const [index, { method }] of batch.entries()) {
        onAnswer(await connection.answer(method), from + index);
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
}

const pathOf = (index: number): string => `/demo/${index.toString(36)}-of-a-storm`;
const indexes = Array.from({ length: STREAMS }, (_, index) => index);
const fields = ['Content-Type: text/plain'];

describe('L5: a storm of creations', () => {
  it(
    'L5: makes every stream, and all can be appended to, read and listed',
    { timeout: 120_000 },
    async () => {
      const creations = indexes.map((index) => {
        const body = `I am ${index}.`;
        return { method: 'PUT', target: pathOf(index), fields, body };
      });
      await storm(creations, ({ status }) => {
        expect(status).toBe(201);
      });

      const written = indexes.filter((index) => index % 100 === 7);
      const appends = written.map((index) => {
        return { method: 'POST', target: pathOf(index), fields, body: ' Still.' };
      });
      await storm(appends, ({ status }) => {
        expect(status).toBe(204);
      });

      const reads = indexes.map((index) => ({ target: pathOf(index) }));
      await storm(reads, ({ body }, index) => {
        expect(body.toString()).toBe(`I am ${index}.${index % 100 === 7 ? ' Still.' : ''}`);
      });

      const names = new Set<unknown>();
      let after = '';
      for (let hasMore = true; hasMore;) {
        const target = `/demo/streams?after=${after}`;
        const { body } = await exchange(millrace.port, { target });
        const page: unknown = JSON.parse(body.toString());
        if (!isPage(page)) throw new Error('no page of a list');
        for (const { stream_id: name } of page.streams) names.add(name);
        hasMore = page.has_more;
        after = page.next_cursor ?? '';
      }
      expect(names.size).toBe(STREAMS);
    },
  );
});

interface Page {
  readonly streams: readonly { readonly stream_id: string }[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

function isPage(value: unknown): value is Page {
  return typeof value === 'object' && value !== null && 'streams' in value && 'has_more' in value;
}
