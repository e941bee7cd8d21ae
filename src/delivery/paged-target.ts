import type { NewMessage } from '../messages/config.ts';
import type { Op } from '../storage/port.ts';
import type { Origin, TargetStream } from './target.ts';
import type { Verdict } from './verdict.ts';

/** Makes one record of those that are delivered together: a JSON array of their bodies. */
export class PagedTarget implements TargetStream {
  readonly #target: TargetStream;

  constructor(target: TargetStream) {
    this.#target = target;
  }

  deliver(records: readonly NewMessage[], moves: readonly Op[], origin: Origin): Promise<Verdict> {
    const [first] = records;
    const pages = first === undefined ? [] : [{ subject: first.subject, body: pageOf(records) }];
    return this.#target.deliver(pages, moves, origin);
  }
}

function pageOf(records: readonly NewMessage[]): Buffer {
  const pieces = records.flatMap(({ body }, index) => (index === 0 ? [body] : [COMMA, body]));
  return Buffer.concat([OPENING, ...pieces, CLOSING]);
}

const OPENING = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']');
