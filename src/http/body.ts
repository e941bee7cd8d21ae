import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../protocol/refusal.ts';

export type BodyOutcome = { ok: true; body: Buffer } | { ok: false; refusal: Refusal };

const EMPTY = Buffer.alloc(0);

/**
 * The whole body, at most `bytesMax`: what is longer is refused before it is read when its length
 * is announced, and as soon as it is too long otherwise. A body that breaks off is never used.
 */
export function readBody(
  request: IncomingMessage,
  contentLength: string | undefined,
  bytesMax: number,
): Promise<BodyOutcome> {
  const announced = contentLength === undefined ? undefined : Number(contentLength);
  if (announced !== undefined && announced > bytesMax) {
    return Promise.resolve({ ok: false, refusal: { code: 'body-too-large', bytesMax } });
  }
  return new Promise((resolve) => {
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        // What has come is let go of at once; what still comes is for who refuses it to drop.
        request.off('data', take);
        request.pause();
        first = rest = undefined;
        resolve({ ok: false, refusal: { code: 'body-too-large', bytesMax } });
        return;
      }
      if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    };
    request.on('data', take);
    request.on('end', () => {
      resolve({ ok: true, body: rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest) });
    });
    // Emitted in any case; without a listener for it, node raises no error for a broken request.
    request.on('close', () => {
      if (!request.complete) resolve({ ok: false, refusal: { code: 'body-incomplete' } });
    });
  });
}
