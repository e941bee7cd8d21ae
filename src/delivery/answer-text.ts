/**
 * What a service has said as the text of one JSON value: as it is where it is one, without the blanks
 * around it, else as a string. A stream of JSON takes a value to end where its text does.
 */
export function jsonOf(body: Buffer): Buffer {
  const text = body.toString();
  if (text.trim() === '') return NULL;
  return Buffer.from(isJson(text) ? text.trim() : JSON.stringify(text));
}

const NULL = Buffer.from('null');

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
