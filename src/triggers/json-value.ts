/** A JSON value without parts. */
export type Scalar = string | number | boolean | null;

/** A JSON object as it was parsed. Only its own members mean anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Numbers are finite: 1e999 is parsed as one that is not, and could not be written down again. */
export function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a JSON array, or undefined when the value is none. */
export function elementsOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** How a complaint names the member of what it names `field`, which is empty for the whole. */
export function memberOf(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
}
