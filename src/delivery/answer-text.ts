/** What a service has said as the text of one JSON value: as it is where it is one, else as a string. */
export function jsonOf(body: Buffer): Buffer {
  const text = body.toString();
  if (text.trim() === '') return NULL;
  return isJson(text) ? body : Buffer.from(JSON.stringify(text));
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
