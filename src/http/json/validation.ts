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
    const field = fieldOf(error?.instancePath ?? '');
    if (error?.keyword === 'required') {
      const [missing = ''] = error.params.requiredProperties;
      const name = field === '' ? missing : `${field}.${missing}`;
      return { ok: false, complaint: { field: name, reason: 'must be given' } };
    }
    const reason = error?.message ?? 'does not keep to the schema';
    return { ok: false, complaint: { field, reason } };
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
      typeof text === 'string' ? readText(text, properties.get(name)?.kind) : text,
    ]);
    const validated = validate(Object.fromEntries(read));
    if (validated.ok || Object.hasOwn(given, validated.complaint.field)) return validated;
    const example = properties.get(validated.complaint.field)?.example;
    return example === undefined ? validated : withExample(validated.complaint, example);
  };
}

/** Whoever has left it out may not know what it looks like. */
function withExample({ field, reason }: Complaint, example: string): Validated {
  return { ok: false, complaint: { field, reason: `${reason}, as in ?${field}=${example}` } };
}

type TextKind = 'integer' | 'integers' | undefined;

interface TextProperty {
  readonly kind: TextKind;
  /** What a value looks like in a URL. */
  readonly example: string | undefined;
}

function propertiesOf(schema: TSchema): ReadonlyMap<string, TextProperty> {
  const properties = 'properties' in schema ? schema.properties : undefined;
  if (typeof properties !== 'object' || properties === null) return new Map();
  return new Map(Object.entries(properties).map(([name, each]) => [name, propertyOf(each)]));
}

function propertyOf(schema: unknown): TextProperty {
  return { kind: kindOf(schema), example: exampleOf(schema) };
}

function exampleOf(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || !('examples' in schema)) return undefined;
  const examples: readonly unknown[] = Array.isArray(schema.examples) ? schema.examples : [];
  const example = examples[0];
  return Array.isArray(example) ? example.join(',') : textOf(example);
}

function textOf(example: unknown): string | undefined {
  return typeof example === 'string' ? example : undefined;
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
