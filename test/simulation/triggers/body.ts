import { Violation } from '../violation.ts';

/** What is written to a source, and what a trigger makes of it. */
export interface Body {
  /** No two that are written have the same. */
  readonly n: number;
  /** What filters ask for. */
  readonly keep: boolean;
  /** Which trigger has delivered it, of which record: undefined in a first source. */
  readonly by?: DeliveredBy;
}

export interface DeliveredBy {
  /** The trigger's name, and which of those that have had it. */
  readonly tag: string;
  readonly stream: string;
  readonly at: number;
}

/** A trigger's template that says of each record which trigger has delivered it, and whence. */
export function taggedBody(tag: string): object {
  return {
    n: { $get: '/body/n' },
    keep: { $get: '/body/keep' },
    by: { tag, stream: { $get: '/stream' }, at: { $get: '/seq' } },
  };
}

export function textOfBody({ n, keep }: Body): string {
  return JSON.stringify({ n, keep });
}

export function bodyOf(text: string): Body {
  const value: unknown = JSON.parse(text);
  if (isBody(value)) return value;
  throw new Violation(`nobody has written ${text}`);
}

/** The bodies in a part of a durable stream, which has a comma behind each, and where they lie. */
export function bodiesIn(
  text: string,
  from: number,
): { readonly at: number; readonly body: Body }[] {
  const values: unknown = JSON.parse(`[${text.slice(0, -1)}]`);
  if (!Array.isArray(values)) throw new Violation(`no list of bodies: ${text}`);
  let at = from;
  return values.map((value: unknown) => {
    const written = JSON.stringify(value);
    const place = at;
    at += written.length + 1;
    return { at: place, body: bodyOf(written) };
  });
}

function isBody(value: unknown): value is Body {
  if (typeof value !== 'object' || value === null) return false;
  const isPlain = 'n' in value && typeof value.n === 'number' && 'keep' in value;
  return isPlain && (!('by' in value) || isDeliveredBy(value.by));
}

function isDeliveredBy(value: unknown): value is DeliveredBy {
  if (typeof value !== 'object' || value === null) return false;
  return 'tag' in value && 'stream' in value && 'at' in value && typeof value.at === 'number';
}
