import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import type { Index } from '../../../src/storage/embedded/index/index.ts';
import { subjectIn } from '../../../src/storage/embedded/index/message-keys.ts';
import { newMessage } from '../../support/managed.ts';
import { temporaryFolder } from '../../support/millrace.ts';
import { openEngine } from '../engine-folder.ts';
import { onA, OTHER, Streams } from './streams.ts';

const DAMAGED = Buffer.from('no checksum fits this');
const CORRUPT = { kind: 'refused', reason: 'corrupt' };
const SUBJECTS = { from: Buffer.of(0x75), to: Buffer.of(0x76), limit: 100 };
const CHUNKS = { from: Buffer.of(0x63), to: Buffer.of(0x64), limit: 100 };

describe('a damaged value of a managed stream', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: EmbeddedEngine;
  let index: Index;
  let streams: Streams;

  beforeEach(async () => {
    folder = await temporaryFolder();
    await open();
    await streams.configure();
    await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.a 3');
    await restart();
  });

  afterEach(async () => {
    await engine.close();
    await folder.remove();
  });

  async function open(): Promise<void> {
    engine = await openEngine(folder.path, {
      wrapIndex: (opened) => {
        index = opened;
        return opened;
      },
    });
    streams = new Streams(engine.messages);
  }

  async function restart(): Promise<void> {
    await engine.close();
    await open();
  }

  async function damage(key: Buffer | undefined): Promise<void> {
    if (key === undefined) throw new Error('there is nothing to damage');
    await index.commit({ puts: [{ key, value: DAMAGED }], deletes: [] });
  }

  async function damageSubject(subject: string): Promise<void> {
    await damage(index.keys(SUBJECTS).find((key) => subjectIn(key) === subject));
  }

  it('as a subject keeps its own messages out, and none of a commit is left behind', async () => {
    await damageSubject('orders.b');
    const both = [newMessage('orders.c', '4'), newMessage('orders.b', '5')];
    expect(await streams.publish(both)).toEqual(CORRUPT);
    expect(await streams.remove([2])).toEqual(CORRUPT);
    expect(streams.head()).toMatchObject({ messages: 3, lastSeq: 3 });
    expect(await streams.publish([newMessage('orders.c', '6')])).toMatchObject({ lastSeq: 4 });
    await engine.checkpoint();
    await restart();
    const lines = ['1 orders.a 1', '2 orders.b 2', '3 orders.a 3', '4 orders.c 6'];
    expect(await streams.lines()).toEqual(lines);
  });

  it('as a subject leaves what the same commit does elsewhere undone', async () => {
    await streams.configure({ messagesMax: 3 });
    await damageSubject('orders.b');
    expect(await streams.publish(onA('4', '5'))).toEqual(CORRUPT);
    expect(streams.head()).toMatchObject({ messages: 3, firstSeq: 1, lastSeq: 3 });
    expect(await streams.publish(onA('6'))).toMatchObject({ lastSeq: 4 });
    await restart();
    expect(await streams.lines()).toEqual(['2 orders.b 2', '3 orders.a 3', '4 orders.a 6']);
  });

  it('as a subject makes no message id known', async () => {
    await streams.configure({ messagesMax: 3 });
    await damageSubject('orders.a');
    const publish = () => streams.publish([newMessage('orders.c', '4')], { messageId: 'one' });
    expect(await publish()).toEqual(CORRUPT);
    expect(await publish()).toEqual(CORRUPT);
  });

  it('as a chunk keeps no other stream from being taken in', async () => {
    await streams.configureOther();
    const [chunk] = index.keys(CHUNKS);
    await streams.remove([1]);
    await damage(chunk);
    await streams.publishLines('orders.a 4');
    await streams.publish([newMessage('logs.a')], {}, OTHER);
    await engine.checkpoint();
    expect(engine.unflushedBytes).toBe(0);
    expect(engine.messages.message(OTHER, 1)).toMatchObject({ messages: [{ seq: 1 }] });
  });
});
