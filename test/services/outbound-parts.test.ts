import { describe, expect, it } from 'vitest';
import { BodyCut, type AnsweredInParts, type Failure } from '../../src/services/answer.ts';
import type { CallInParts, Outbound } from '../../src/services/outbound.ts';
import { SseReader } from '../../src/services/sse-reader.ts';
import { LONG_MS, outbound } from '../support/outbound-calls.ts';
import { service, type Service } from './service.ts';

function asked(one: Service, more: Partial<CallInParts> = {}): CallInParts {
  return {
    url: one.url('one.test'),
    method: 'GET',
    headers: {},
    body: undefined,
    redirectsMax: 0,
    bytesMax: 1_000_000,
    idleTimeoutMs: LONG_MS,
    signal: undefined,
    ...more,
  };
}

async function answered(calls: Outbound, call: CallInParts): Promise<AnsweredInParts> {
  const answer = await calls.callInParts(call);
  if (answer.kind !== 'answered') throw new Error(answer.kind);
  return answer;
}

/** What was read, and how it ended if not well. */
async function drain({
  body,
}: AnsweredInParts): Promise<{ text: string; failure: Failure | undefined }> {
  let text = '';
  try {
    for await (const part of body) text += part.toString();
    return { text, failure: undefined };
  } catch (error) {
    if (error instanceof BodyCut) return { text, failure: error.failure };
    throw error;
  }
}

describe('an answer in parts', () => {
  it('is handed out as it comes', async () => {
    let more: (() => void) | undefined;
    const one = await service((_received, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: a\n\n');
      more = () => response.end('data: b\n\n');
    });
    const calls = outbound();
    const answer = await answered(calls, asked(one));
    expect(answer).toMatchObject({ status: 200, url: new URL(one.url('one.test')) });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = new SseReader({ lineBytesMax: 100, recordBytesMax: 100 });
    const data: string[] = [];
    for await (const part of answer.body) {
      data.push(...reader.push(part).records.map((record) => record.data));
      // The second is not sent before the first has been read.
      if (data.length === 1) more?.();
    }
    expect(data).toEqual(['a', 'b']);
    await expect.poll(() => calls.callsUnderWay, { timeout: LONG_MS }).toBe(0);
    expect(calls.sockets).toBe(1);
  });

  it('may last for as long as parts keep coming', async () => {
    const one = await service((_received, response) => {
      let left = 10;
      const timer = setInterval(() => {
        left -= 1;
        if (left > 0) response.write('x');
        else response.end();
      }, 250);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    // Together they take longer than the one pause that is allowed.
    const read = await drain(await answered(outbound(), asked(one, { idleTimeoutMs: 2000 })));
    expect(read).toEqual({ text: 'x'.repeat(9), failure: undefined });
  });

  it('is cut when no part comes in time', async () => {
    const one = await service((_received, response) => response.write('a'));
    const read = await drain(await answered(outbound(), asked(one, { idleTimeoutMs: 1000 })));
    expect(read).toEqual({ text: 'a', failure: { kind: 'timed-out' } });
    await expect.poll(() => one.sockets.size, { timeout: LONG_MS }).toBe(0);
  });

  it('has a head that must come in time as well', async () => {
    const one = await service(() => undefined);
    const calls = outbound();
    const answer = await calls.callInParts(asked(one, { idleTimeoutMs: 50 }));
    expect(answer).toEqual({ kind: 'timed-out' });
    expect(calls.callsUnderWay).toBe(0);
  });

  it('is cut at its bound', async () => {
    const one = await service((_received, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1000)));
      };
      response.on('drain', more);
      more();
    });
    const read = await drain(await answered(outbound(), asked(one, { bytesMax: 5000 })));
    expect(read.failure).toEqual({ kind: 'too-large' });
    expect(read.text.length).toBeLessThanOrEqual(5000);
    await expect.poll(() => one.sockets.size, { timeout: LONG_MS }).toBe(0);
  });

  it('that ends early says so', async () => {
    const one = await service((_received, response) => {
      response.write('half', () => response.destroy());
    });
    const read = await drain(await answered(outbound(), asked(one)));
    expect(read.failure).toEqual({ kind: 'unreachable', reason: 'connection-lost' });
  });

  it('holds its service up while it is not read', async () => {
    let sent = 0;
    const one = await service((_received, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 200_000_000) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    });
    const calls = outbound();
    const answer = await answered(calls, asked(one, { bytesMax: 2 ** 40 }));
    let before = -1;
    // Until the buffers between here and there are full.
    await expect
      .poll(() => [before, (before = sent)], { timeout: LONG_MS, interval: 200 })
      .toSatisfy(([last, now]) => last === now);
    expect(sent).toBeLessThan(100_000_000);
    answer.body.cancel();
    await expect.poll(() => one.sockets.size, { timeout: LONG_MS }).toBe(0);
    expect(calls.callsUnderWay).toBe(0);
  });

  it('that nobody reads, or that is left early, is let go of', async () => {
    const one = await service((_received, response) => response.write('a'));
    const calls = outbound();
    await answered(calls, asked(one, { idleTimeoutMs: 1000 }));
    await expect.poll(() => one.sockets.size, { timeout: LONG_MS }).toBe(0);
    for await (const part of (await answered(calls, asked(one))).body) {
      expect(part.toString()).toBe('a');
      break;
    }
    await expect.poll(() => one.sockets.size + calls.callsUnderWay, { timeout: LONG_MS }).toBe(0);
  });

  it('ends with the server', async () => {
    const one = await service((_received, response) => response.write('a'));
    const calls = outbound();
    const answer = await answered(calls, asked(one));
    const read = drain(answer);
    calls.close();
    expect((await read).failure).toEqual({ kind: 'unreachable', reason: 'stopped' });
  });

  it('that was read leaves its connection to the next call', async () => {
    const one = await service((_received, response) => response.end('a'));
    const calls = outbound();
    for (let each = 0; each < 3; each += 1) {
      const answer = await answered(calls, asked(one));
      expect(await drain(answer)).toEqual({ text: 'a', failure: undefined });
      answer.body.cancel();
    }
    expect(one.connections).toBe(1);
  });
});
