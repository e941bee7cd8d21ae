import { classify } from '../../services/retry.ts';
import { jsonOf } from '../answer-text.ts';
import {
  Failures,
  NO_SERVICE,
  type Answers,
  type AnswersParts,
  type Heard,
  type Place,
} from './answers.ts';

/** One answer, whole (contract page, "Singleton"). */
export class SingleAnswer implements Answers {
  readonly #parts: AnswersParts;
  readonly #failures: Failures;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    this.#failures = new Failures(parts);
  }

  async next({ taken }: Place): Promise<Heard> {
    if (taken > 0) return { kind: 'ended' };
    const { find, signal } = this.#parts;
    const service = find();
    if (service === undefined) return NO_SERVICE;
    const question = { body: undefined, headers: {}, page: undefined, timeoutMs: undefined };
    const answer = await service.ask({ ...question, signal });
    if (answer.kind !== 'answered' || classify(answer) !== 'done') {
      return this.#failures.waiting(answer);
    }
    return { kind: 'said', records: [{ body: jsonOf(answer.body), mark: '' }] };
  }

  close(): void {
    // What is under way ends by the signal.
  }
}
