import type { Action } from '../accounts/scopes.ts';
import { accountResource, ADVERTISED_PATH } from './resource.ts';

/** The APIs in JSON, each with paths of its own. */
export const API_NAMES = ['storage', 'accounts', 'triggers', 'gateway'] as const;
export type ApiName = (typeof API_NAMES)[number];

/** `code`: a code and a message. `kind`: a kind with the message, and the status (`docs/errors.md`). */
export type ErrorForm = 'code' | 'kind';

/** What a scope has to cover. */
export interface Asked {
  readonly action: Action;
  readonly resource: string;
}

/** A request as far as its route says what it asks for. */
export interface RoutedRequest {
  readonly isRead: boolean;
  /** With `:name` for a parameter. */
  readonly route: string;
  /** What the path has for the first of these parameters that the route has; empty for none. */
  readonly named: (...parameters: readonly string[]) => string;
}

/** What follows from the API that a request is made to. */
export interface Api {
  /** Begins its paths, and no other: a bucket's name it cannot be. */
  readonly prefix: `/${string}/`;
  readonly errorForm: ErrorForm;
  /**
   * A list, and what is named in a body, is all of its kind or nothing. Undefined where no route
   * says it, but what has been configured there.
   */
  readonly asked: ((request: RoutedRequest) => Asked) | undefined;
}

/** The one place that tells them apart. */
export const APIS: Readonly<Record<ApiName, Api>> = {
  storage: {
    prefix: '/storage/',
    errorForm: 'code',
    asked: ({ isRead, named }) => {
      return { action: isRead ? 'storage:read' : 'storage:write', resource: named('name') };
    },
  },
  accounts: {
    prefix: '/accounts/',
    errorForm: 'code',
    asked: ({ route }) =>
      route === ADVERTISED_PATH
        ? { action: 'trigger:read', resource: '' }
        : { action: 'accounts:admin', resource: accountResource(route) },
  },
  triggers: {
    prefix: '/trigger/',
    errorForm: 'kind',
    asked: ({ isRead, named }) => {
      const resource = named('topic', 'subject');
      return { action: isRead ? 'trigger:read' : 'trigger:write', resource };
    },
  },
  gateway: { prefix: '/gateway/', errorForm: 'kind', asked: undefined },
};

const BY_PREFIX: ReadonlyMap<string, ApiName> = new Map(
  API_NAMES.map((name) => [APIS[name].prefix, name]),
);

export function isApiName(name: string): name is ApiName {
  return Object.hasOwn(APIS, name);
}

/** The API that a path, or a route, is of: its first segment tells. */
export function apiAt(path: string): ApiName | undefined {
  return BY_PREFIX.get(path.slice(0, path.indexOf('/', 1) + 1));
}

/** In which form errors are told at a path. What describes the server does it as most APIs do. */
export function errorFormAt(path: string): ErrorForm {
  const api = apiAt(path);
  return api === undefined ? 'code' : APIS[api].errorForm;
}
