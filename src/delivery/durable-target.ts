import type { NewMessage } from '../messages/config.ts';
import type { Op } from '../storage/port.ts';
import { carry, type CarryingParts } from '../streams/carrying.ts';
import type { StreamRef } from '../streams/names.ts';
import { recordsAs } from './durable-records.ts';
import type { TargetStream } from './target.ts';
import { verdictOfAppend, type Verdict } from './verdict.ts';

/** A durable stream; the subjects of what it takes are not its concern. */
export class DurableTarget implements TargetStream {
  readonly #parts: CarryingParts;
  readonly #ref: StreamRef;

  constructor(parts: CarryingParts, ref: StreamRef) {
    this.#parts = parts;
    this.#ref = ref;
  }

  async deliver(records: readonly NewMessage[], moves: readonly Op[]): Promise<Verdict> {
    const bodies = records.map(({ body }) => body);
    const outcome = await carry(this.#parts, this.#ref, (type) => recordsAs(type, bodies), moves);
    return outcome.kind === 'moved' ? outcome : verdictOfAppend(outcome);
  }
}
