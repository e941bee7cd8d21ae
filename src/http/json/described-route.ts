import type { TSchema } from 'typebox';

/** What is told of an operation besides its parameters and its body. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** The body of 200. */
  readonly answer: TSchema;
  /** What 200 says in every case. */
  readonly answerExample?: unknown;
  /** Of the request's body, by name. */
  readonly examples?: Readonly<
    Record<string, { readonly summary: string; readonly value: unknown }>
  >;
  /** The body may be left out. */
  readonly isBodyOptional?: boolean;
  /** Refusals besides those that every operation of its API has. */
  readonly refusals: readonly number[];
}

/** An operation of a JSON API, as its document is generated from it. */
export interface DescribedRoute {
  readonly method: string;
  /** With `:name` for a parameter. */
  readonly url: string;
  readonly params?: TSchema | undefined;
  readonly querystring?: TSchema | undefined;
  readonly headers?: TSchema | undefined;
  readonly body?: TSchema | undefined;
  readonly operation: Operation;
}
