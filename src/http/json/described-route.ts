import type { TSchema } from 'typebox';

/** What is told of an operation besides its parameters and its body. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Of a request that its handler reads by itself; others have it in their schema. */
  readonly body?: TSchema;
  /** The body of a success. */
  readonly answer: TSchema;
  /** Default: 200. */
  readonly successStatus?: number;
  /** Another success with the same body. */
  readonly otherSuccess?: number;
  /** What 200 says in every case. */
  readonly answerExample?: unknown;
  /** Of the request's body, by name. */
  readonly examples?: Readonly<
    Record<string, { readonly summary: string; readonly value: unknown }>
  >;
  /** Neither the body nor the answer is JSON by need, and every status may be the answer's. */
  readonly isOfAnyType?: boolean;
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
