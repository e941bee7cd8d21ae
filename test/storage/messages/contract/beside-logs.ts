import { describe, expect } from 'vitest';
import { START } from '../../../../src/protocol/offset.ts';
import { NO_RECORDS } from '../../../../src/protocol/records.ts';
import type { PublishOutcome } from '../../../../src/storage/message-port.ts';
import { ABSENT, type LogStore, type Op } from '../../../../src/storage/port.ts';
import { publishRequest } from '../../../support/managed.ts';
import { records } from '../../../support/states.ts';
import { appendOp, deleteOp, guardOp, Logs } from '../../logs.ts';
import type { MessageCheck } from '../contract.ts';
import { onA, STREAM, Streams } from '../streams.ts';

const DOCUMENT = 'document';

function documentOp(text: string, expected: number): Op {
  const state = { kind: 'document', text } as const;
  return expected === ABSENT
    ? { kind: 'create', name: DOCUMENT, expected, start: START, state, records: NO_RECORDS }
    : {
        kind: 'append',
        name: DOCUMENT,
        expected,
        change: { kind: 'replaced', text },
        records: NO_RECORDS,
      };
}

async function textIn(logs: LogStore): Promise<string | undefined> {
  const state = (await logs.durable(DOCUMENT))?.state;
  return state?.kind === 'document' ? state.text : undefined;
}

/** Publishes a body on `orders.a`, beside some ops. */
function publishBeside(
  streams: Streams,
  body: string,
  ops: readonly Op[],
): Promise<PublishOutcome> {
  return streams.store.publish(STREAM, publishRequest(onA(body), { messageId: body }), ops);
}

export function describeBesideLogs(check: MessageCheck): void {
  describe('ops beside a publish', () => {
    check('are stored together with it, also after a stop', async (streams, opened) => {
      const { engine } = opened;
      await streams.configure();
      const logs = new Logs(engine);
      await logs.create('log', 'one,');
      const first = await publishBeside(streams, '1', [
        documentOp('first', ABSENT),
        appendOp('log', await logs.version('log'), records('two')),
      ]);
      expect(first).toMatchObject({ kind: 'published', lastSeq: 1 });
      expect(await textIn(engine)).toBe('first');
      expect(await logs.content('log')).toBe('one,two');
      await publishBeside(streams, '2', [documentOp('second', await logs.version(DOCUMENT))]);

      const reopened = await opened.reopen();
      expect(await textIn(reopened)).toBe('second');
      const again = new Streams(reopened.messages);
      expect(await again.lines()).toEqual(['1 orders.a 1', '2 orders.a 2']);
      const version = await new Logs(reopened).version(DOCUMENT);
      await publishBeside(again, '3', [documentOp('third', version)]);
      expect(await textIn(reopened)).toBe('third');
    });

    check('conflict together with it', async (streams, opened) => {
      const { engine } = opened;
      await streams.configure();
      const logs = new Logs(engine);
      await publishBeside(streams, '1', [documentOp('first', ABSENT)]);
      const version = await logs.version(DOCUMENT);
      const before = await streams.seen();
      const stale: readonly (readonly Op[])[] = [
        [documentOp('second', ABSENT)],
        [documentOp('second', version + 1)],
        [documentOp('second', version), guardOp('other', 1)],
        [guardOp(DOCUMENT, ABSENT)],
        [deleteOp(DOCUMENT, version + 1)],
      ];
      for (const ops of stale) {
        expect(await publishBeside(streams, '2', ops)).toEqual({ kind: 'conflict' });
      }
      const reopened = await opened.reopen();
      expect(await new Streams(reopened.messages).seen()).toEqual(before);
      expect(await textIn(reopened)).toBe('first');
    });

    check('that conflict leave the message id free', async (streams) => {
      await streams.configure();
      await publishBeside(streams, '1', [guardOp('log', 1)]);
      expect(await publishBeside(streams, '1', [guardOp('log', ABSENT)])).toMatchObject({
        kind: 'published',
        lastSeq: 1,
      });
    });

    check('are not stored where the stream does not take the messages', async (streams, opened) => {
      const { engine } = opened;
      await streams.configure({ messageBytesMax: 1 });
      await publishBeside(streams, '1', [documentOp('first', ABSENT)]);
      const version = await new Logs(engine).version(DOCUMENT);
      const op = documentOp('second', version);
      expect((await publishBeside(streams, '22', [op])).kind).toBe('declined');
      expect((await publishBeside(streams, '1', [op])).kind).toBe('duplicate');
      expect(await textIn(await opened.reopen())).toBe('first');
    });

    check('of which only one can be right are stored once', async (streams, opened) => {
      await streams.configure();
      await publishBeside(streams, '0', [documentOp('0', ABSENT)]);
      const version = await new Logs(opened.engine).version(DOCUMENT);
      const outcomes = await Promise.all(
        ['1', '2', '3'].map((body) => publishBeside(streams, body, [documentOp(body, version)])),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
        'conflict',
        'conflict',
        'published',
      ]);
      const text = await textIn(opened.engine);
      expect(await streams.lines()).toEqual(['1 orders.a 0', `2 orders.a ${text ?? ''}`]);
    });

    check('are not seen without the message by who watches them', async (streams, opened) => {
      await streams.configure();
      const seen: unknown[] = [];
      const cancel = opened.engine.watch(DOCUMENT, () => seen.push(streams.head().lastSeq));
      await publishBeside(streams, '1', [documentOp('first', ABSENT)]);
      cancel();
      expect(seen).toEqual([1]);
    });
  });
}
