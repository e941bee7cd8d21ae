import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAME_HEADER_BYTES } from '../../../../src/storage/embedded/wal/frame.ts';
import { segmentName } from '../../../../src/storage/embedded/wal/segment.ts';
import { temporaryFolder } from '../../../support/millrace.ts';
import { openEngine } from '../../engine-folder.ts';
import { Logs } from '../../logs.ts';

// The first segment is the empty one that a folder begins with.
const FIRST = join('wal', segmentName(1));
const SEGMENT = join('wal', segmentName(2));

/** What a disk may hold where the rest of a frame should be. */
const RESTS = [
  ['nothing', undefined],
  ['zeros', 0],
  ['junk', 0xa5],
] as const;

interface Written {
  readonly first: Buffer;
  /** The segment with a last commit that nobody may have been told of. */
  readonly bytes: Buffer;
  /** Where that commit's frame begins and ends. */
  readonly from: number;
  readonly to: number;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let written: Written;

/** A log that no checkpoint has seen, and the segment before and after its last append. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const origin = join(folder.path, 'origin');
  const engine = await openEngine(origin);
  const logs = new Logs(engine);
  await logs.create('quiet', 'one,');
  await logs.append('quiet', 'two,');
  const before = await readFile(join(origin, SEGMENT));
  await logs.append('quiet', 'three,');
  const bytes = await readFile(join(origin, SEGMENT));
  await engine.close();
  const from = bytes.findIndex((byte, at) => byte !== before[at]);
  const to = bytes.findLastIndex((byte, at) => byte !== before[at]) + 1;
  written = { first: await readFile(join(origin, FIRST)), bytes, from, to };
});

afterAll(async () => {
  await folder.remove();
});

/** The segment as it is up to a byte, and what else there is behind it. */
function torn(at: number, rest: number | undefined): Buffer {
  const { bytes, to } = written;
  const kept = bytes.subarray(0, at);
  return rest === undefined ? kept : Buffer.concat([kept, Buffer.alloc(to + 64 - at, rest)]);
}

describe.each(RESTS)('D4: a last frame that is torn anywhere, and then %s', (name, rest) => {
  it('is cut off, and said to be, and nothing before it is lost', async () => {
    const { first, bytes, from, to } = written;
    expect(to - from).toBeGreaterThan(FRAME_HEADER_BYTES);
    for (let at = from; at <= to; at += 1) {
      const directory = join(folder.path, `${name}-${at}`);
      const segment = torn(at, rest);
      await mkdir(join(directory, 'wal'), { recursive: true });
      await writeFile(join(directory, FIRST), first);
      await writeFile(join(directory, SEGMENT), segment);
      const isWhole = segment.subarray(from, to).equals(bytes.subarray(from, to));

      const engine = await openEngine(directory);
      const logs = new Logs(engine);
      const content = await logs.content('quiet');
      // D5: of an append that was not acknowledged readers see all or nothing.
      expect({ at, content }).toEqual({ at, content: isWhole ? 'one,two,three,' : 'one,two,' });
      // Fewer bytes than a header is long may be anything, left by anyone.
      if (at >= from + FRAME_HEADER_BYTES && !isWhole)
        expect({ at, cut: engine.recovered.tornTail?.byte }).toEqual({ at, cut: from });
      await logs.append('quiet', 'four,');
      expect(await logs.content('quiet')).toBe(`${content}four,`);
      await engine.close();
    }
  });
});
