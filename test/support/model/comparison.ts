import { inspect, isDeepStrictEqual } from 'node:util';
import type { Answer } from '../http/client.ts';
import type { Expected } from '../model.ts';

/** What makes an answer another than the model's. */
export class Difference extends Error {
  override name = 'Difference';
}

export function same(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Difference(`${what} is ${inspect(actual)}, and should be ${inspect(expected)}`);
}

/** Compares answers with the model's, and tags with all that were given before. */
export class Comparison {
  readonly #tags = new Set<string>();
  readonly #pageTags = new Map<string, string>();

  compare(answer: Answer, expected: Expected): void {
    same('the status', answer.verdict, expected.verdict);
    for (const [name, value] of Object.entries(expected.headers ?? {})) {
      same(name, answer.header(name), value);
    }
    if (expected.body !== undefined) same('the body', answer.text, expected.body);
    if (expected.json !== undefined) same('the JSON', withoutEnds(answer), expected.json);
    if ('tagOf' in expected) this.#compareTag(answer, expected.tagOf);
    if (expected.pageKey !== undefined) this.#comparePageTag(answer.tag, expected.pageKey);
  }

  #compareTag(answer: Answer, stream: Expected['tagOf']): void {
    if (stream?.tag !== undefined || stream === undefined) {
      same('the tag', answer.header('etag'), stream?.tag);
    } else {
      stream.tag = this.#unseen(answer.tag);
    }
  }

  #comparePageTag(tag: string, key: string): void {
    const known = this.#pageTags.get(key);
    if (known !== undefined) same('the tag', tag, known);
    else this.#pageTags.set(key, this.#unseen(tag));
  }

  #unseen(tag: string): string {
    if (this.#tags.has(tag)) throw new Difference(`the tag ${tag} was given for something else`);
    this.#tags.add(tag);
    return tag;
  }
}

/** When a listed stream ends depends on how far a read has extended it. */
function withoutEnds({ text }: Answer): unknown {
  const value: unknown = JSON.parse(text, (key, each: unknown) => {
    return key === 'expires_at_ms' ? undefined : each;
  });
  return value;
}
