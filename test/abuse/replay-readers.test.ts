import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnMillrace, temporaryFolder } from '../support/millrace.ts';
import { exchange } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import { append, createStream, stateOf } from './support.ts';

const REPLAYED = '/v1/stream/replayed';
const WRITTEN = '/v1/stream/written';
const RECORD = 'x'.repeat(32 * 1024);
const RECORDS = 16;

describe('L4: readers that replay a stream without a pause', () => {
  it(
    'L4: leave writers their progress, and are served themselves',
    { timeout: 60_000 },
    async () => {
      const folder = await temporaryFolder();
      const millrace = await spawnMillrace(['--data-dir', folder.path]);
      onTestFinished(async () => {
        await millrace.kill('SIGKILL');
        await folder.remove();
      });
      await createStream(millrace.port, REPLAYED);
      await createStream(millrace.port, WRITTEN);
      for (let index = 0; index < RECORDS; index += 1)
        await append(millrace.port, REPLAYED, RECORD);

      const isDone = { value: false };
      /** From the start to the tail, again and again. */
      const replay = async (): Promise<number> => {
        let rounds = 0;
        for (; !isDone.value; rounds += 1) {
          let offset = '-1';
          let bytes = 0;
          for (let isUpToDate = false; !isUpToDate;) {
            const page = await exchange(millrace.port, { target: `${REPLAYED}?offset=${offset}` });
            bytes += page.body.length;
            offset = page.headers.get('stream-next-offset') ?? '';
            isUpToDate = page.headers.has('stream-up-to-date');
          }
          expect(bytes).toBe(RECORD.length * RECORDS);
        }
        return rounds;
      };
      const replayEvents = async (): Promise<number> => {
        let rounds = 0;
        for (; !isDone.value; rounds += 1) {
          const reader = await SseReader.open(millrace.port, REPLAYED);
          await reader.untilUpToDate();
          expect(reader.text).toHaveLength(RECORD.length * RECORDS);
          reader.close();
        }
        return rounds;
      };

      const replays = [
        ...Array.from({ length: 6 }, replay),
        ...Array.from({ length: 2 }, replayEvents),
      ];
      const writes = 100;
      for (let index = 0; index < writes; index += 1) {
        await append(millrace.port, WRITTEN, `${index};`);
      }
      isDone.value = true;
      for (const rounds of await Promise.all(replays)) expect(rounds).toBeGreaterThan(0);
      const body = Array.from({ length: writes }, (_, index) => `${index};`).join('');
      expect(await stateOf(millrace.port, WRITTEN)).toMatchObject({ body });
    },
  );
});
