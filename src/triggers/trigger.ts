import type { Brand } from '../lib/brand.ts';
import type { ErrorPolicy } from './on-error.ts';

/** 1 to 255 of letters, digits, `-` and `_`. */
export type TriggerName = Brand<string, 'TriggerName'>;

const TRIGGER_NAME = /^[A-Za-z0-9_-]{1,255}$/;
export const TRIGGER_NAME_RULE = 'must be 1 to 255 of A-Z, a-z, 0-9, "_" and "-"';

export function isTriggerName(text: string): text is TriggerName {
  return TRIGGER_NAME.test(text);
}

/** Whether a side is a stream of records, or a service that is asked and answers. */
export const EXPORT_TYPES = ['stream', 'service'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];

/** One record and done, each as it arrives, or pages of them. */
export const RESPONSE_TYPES = ['Singleton', 'Stream', 'Chunked'] as const;
export type ResponseType = (typeof RESPONSE_TYPES)[number];

/** Where a trigger takes from (contract page, "TriggerSource"), as it was given. */
export interface TriggerSource {
  readonly subject: string;
  readonly type: ExportType;
  readonly response_type?: ResponseType;
  /** Beyond the page: how many records make a page, and how long one waits for more. */
  readonly chunk_size?: number;
  readonly chunk_wait_ms?: number;
  readonly name?: string;
  readonly description?: string;
  readonly info_url?: string;
  readonly advertise?: boolean;
  readonly allow_trace?: boolean;
}

/** Where a trigger delivers to (contract page, "TriggerTarget"), as it was given. */
export interface TriggerTarget {
  readonly subject: string;
  readonly type: ExportType;
  readonly account?: string;
  readonly local_subject?: string;
  /** Beyond the page: where a service's answers go. */
  readonly reply_subject?: string;
  readonly name?: string;
  readonly share?: boolean;
  readonly allow_trace?: boolean;
}

/** Whose stream a trigger of an account delivers to. */
export function targetAccount(account: string, { target }: StreamTrigger): string {
  return target.account ?? account;
}

/** What is made of the records (filter.ts, subject-mapping.ts and projection.ts), as it was given. */
export interface GivenTransform {
  /** Where the records go, with `$1` for what the first `*` of the source's subject stood for. */
  readonly subject?: string;
  /** A template of JSON that becomes the body. */
  readonly body?: unknown;
}

/** A trigger as its account has created it: what is stored, returned and carried out. */
export interface StreamTrigger {
  readonly name: TriggerName;
  readonly collection?: string;
  readonly description?: string;
  readonly source: TriggerSource;
  readonly target: TriggerTarget;
  readonly start?: string | number;
  readonly filter?: unknown;
  readonly transform?: GivenTransform;
  readonly on_error?: ErrorPolicy;
  readonly max_attempts?: number;
}
