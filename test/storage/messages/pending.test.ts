import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import {
  managedConfig,
  newMessage,
  pattern,
  publishRequest,
  streamName,
} from '../../support/managed.ts';
import { temporaryFolder } from '../../support/millrace.ts';
import { NOW_MS } from '../../support/states.ts';
import { openEngine } from '../engine-folder.ts';
import { lineOf, onA, OTHER, STREAM, Streams } from './streams.ts';

describe('what is on its way to disk', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: EmbeddedEngine;
  let streams: Streams;

  beforeEach(async () => {
    folder = await temporaryFolder();
    engine = await openEngine(folder.path);
    streams = new Streams(engine.messages);
  });

  afterEach(async () => {
    await engine.close();
    await folder.remove();
  });

  it('is not counted among the subjects', async () => {
    await streams.configure();
    const publishing = streams.publish([newMessage('orders.a')]);
    expect(await streams.counts()).toEqual({});
    await publishing;
    expect(await streams.counts()).toEqual({ 'orders.a': 1 });
  });

  it('does not take a message from its subject before it takes it from the stream', async () => {
    await streams.configure();
    await streams.publish(onA('1', '2'));
    const removing = streams.remove([1]);
    expect(await streams.lines('orders.a')).toEqual(['1 orders.a 1', '2 orders.a 2']);
    await removing;
    expect((await streams.all({ filter: pattern('orders.a') })).map(lineOf)).toEqual([
      '2 orders.a 2',
    ]);
  });

  it('keeps no other stream from being created before it is there itself', async () => {
    const creating = streams.configure();
    const config = managedConfig({ name: streamName('LOGS') });
    const beside = await engine.messages
      .configure(OTHER, { config, expected: 0, nowMs: NOW_MS })
      .then(({ kind }) => ({ kind, isThere: engine.messages.managed(STREAM) !== undefined }));
    expect(beside).toEqual({ kind: 'declined', isThere: true });
    await creating;
  });

  it('leaves a name that was dropped to the stream that follows, for good', async () => {
    await streams.configure();
    await engine.checkpoint();
    await engine.messages.dropManaged(STREAM);
    engine.messages.watchManaged(STREAM, () => undefined)();
    await streams.configure();
    await streams.publish(onA('1'));
    await engine.checkpoint();
    expect(await streams.lines()).toEqual(['1 orders.a 1']);
    await engine.close();
    engine = await openEngine(folder.path);
    expect(await new Streams(engine.messages).lines()).toEqual(['1 orders.a 1']);
    const again = await engine.messages.publish(STREAM, publishRequest(onA('2')));
    expect(again).toEqual({ kind: 'published', firstSeq: 2, lastSeq: 2 });
  });
});
