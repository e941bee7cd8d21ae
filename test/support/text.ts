/** Without half a surrogate pair: what UTF-8 can carry. */
export function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

/** A value's text read as JSON, or undefined when it is none. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

/** What a JSON append of this value holds: an array is flattened by one level. */
export function messagesIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  const elements: readonly unknown[] = value;
  return elements;
}
