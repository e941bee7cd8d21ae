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

/** Pages, each with a link to the next (contract page, "Chunked"). The mark is the next page's URL. */
export class PagedAnswers implements Answers {
  readonly #parts: AnswersParts;
  readonly #failures: Failures;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    this.#failures = new Failures(parts);
  }

  async next({ mark, taken }: Place): Promise<Heard> {
    if (taken > 0 && mark === '') return { kind: 'ended' };
    const { find, signal } = this.#parts;
    const service = find();
    if (service === undefined) return NO_SERVICE;
    const page = mark === '' ? undefined : new URL(mark);
    const question = { body: undefined, headers: {}, timeoutMs: undefined };
    const answer = await service.ask({ ...question, page, signal });
    if (answer.kind !== 'answered' || classify(answer) !== 'done') {
      return this.#failures.waiting(answer);
    }
    this.#failures.forget();
    const following = nextLink(answer.headers.get('link'), answer.url);
    return {
      kind: 'said',
      records: [{ body: jsonOf(answer.body), mark: following?.href ?? '' }],
    };
  }

  close(): void {
    // What is under way ends by the signal.
  }
}
