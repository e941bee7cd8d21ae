import { FIRST_HOP } from '../../triggers/hops.ts';
import { nextLink } from '../../services/link-header.ts';
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

/**
 * Answers that come whole: one alone (contract page, "Singleton"), or pages, each with a link to the
 * next ("Chunked"). The mark is the next page's URL, and empty behind the last.
 */
export class WholeAnswers implements Answers {
  readonly #parts: AnswersParts;
  readonly #failures: Failures;
  readonly #hasPages: boolean;

  constructor(parts: AnswersParts, hasPages: boolean) {
    this.#parts = parts;
    this.#hasPages = hasPages;
    this.#failures = new Failures(parts);
  }

  async next({ mark, taken }: Place): Promise<Heard> {
    if (taken > 0 && mark === '') return { kind: 'ended' };
    const { find, signal } = this.#parts;
    const service = find();
    if (service === undefined) return NO_SERVICE;
    const page = mark === '' ? undefined : new URL(mark);
    const question = { body: undefined, headers: FIRST_HOP, timeoutMs: undefined };
    const answer = await service.ask({ ...question, page, signal });
    if (answer.kind !== 'answered' || classify(answer) !== 'done') {
      return this.#failures.waiting(answer);
    }
    this.#failures.forget();
    const { headers, url, body } = answer;
    const following = this.#hasPages ? nextLink(headers.get('link'), url) : undefined;
    return {
      kind: 'said',
      records: [{ body: jsonOf(body), mark: following?.href ?? '' }],
    };
  }

  close(): void {
    // What is under way ends by the signal.
  }
}
