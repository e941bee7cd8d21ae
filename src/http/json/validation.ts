import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Complaint } from '../../messages/complaint.ts';

export type Validated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly complaint: Complaint };

export type Validate = (value: unknown) => Validated;

/** Checks JSON values as they are: a number in a string is a string. */
export function bodyValidator(schema: TSchema): Validate {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return { ok: true, value };
    const [error] = validator.Errors(value);
    const place = error?.instancePath ?? '';
    const reason = error?.message ?? 'does not keep to the schema';
    return { ok: false, complaint: { field: fieldOf(place), reason } };
  };
}

/** Checks what a URL or a header says, of which every value is a text at first. */
export function textValidator(schema: TSchema): Validate {
  const validate = bodyValidator(schema);
  const properties = propertiesOf(schema);
  return (values) => {
    const given = typeof values === 'object' && values !== null ? values : {};
    const entries: [string, unknown][] = Object.entries(given);
    const read = entries.map(([name, text]): [string, unknown] => [
      name,
      typeof text === 'string' ? readText(text, properties.get(name)) : text,
    ]);
    return validate(Object.fromEntries(read));
  };
}

type TextKind = 'integer' | 'integers' | undefined;

function propertiesOf(schema: TSchema): ReadonlyMap<string, TextKind> {
  const properties = 'properties' in schema ? schema.properties : undefined;
  if (typeof properties !== 'object' || properties === null) return new Map();
  return new Map(Object.entries(properties).map(([name, each]) => [name, kindOf(each)]));
}

function kindOf(schema: unknown): TextKind {
  if (typeof schema !== 'object' || schema === null || !('type' in schema)) return undefined;
  if (schema.type === 'integer') return 'integer';
  return schema.type === 'array' ? 'integers' : undefined;
}

function readText(text: string, kind: TextKind): unknown {
  if (kind === 'integer') return readInteger(text);
  return kind === 'integers' ? text.split(',').map(readInteger) : text;
}

/** What is not written as an integer stays a text, which the schema then refuses. */
function readInteger(text: string): number | string {
  return /^(?:0|[1-9]\d{0,18})$/.test(text) ? Number(text) : text;
}

/** `/sources/0/name` → `sources[0].name` */
function fieldOf(pointer: string): string {
  const tokens = pointer.split('/').slice(1);
  return tokens
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((token, index) => (/^\d+$/.test(token) ? `[${token}]` : `${index > 0 ? '.' : ''}${token}`))
    .join('');
}
