import { isUtf8 } from 'node:buffer';
import { skipSpace, skipString, skipValue } from '../protocol/json-scan.ts';
import { isStringToken, stringAt } from '../protocol/json-string.ts';
import { isPlainText } from '../protocol/plain-text.ts';
import { isSubject } from '../subjects/subject.ts';
import type { Complaint } from './complaint.ts';
import type { NewMessage, StreamName } from './config.ts';

export interface PublishBodyLimits {
  /** How deep the arrays and objects of one body may nest. */
  readonly jsonDepthMax: number;
  readonly messagesMax: number;
}

export type PublishBody =
  | { readonly ok: true; readonly messages: readonly NewMessage[]; readonly isBatch: boolean }
  | { readonly ok: false; readonly complaint: Complaint };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Reads `{stream, subject, body}`, or `{"messages": [{subject, body}, …]}`, out of the bytes of a
 * request. It accepts what JSON.parse accepts and finds the same values in it, a repeated member's
 * last one included, but builds none of them: each message's body is the text that was sent. Members
 * with other names are passed over.
 */
export function parsePublishBody(
  bytes: Buffer,
  stream: StreamName,
  limits: PublishBodyLimits,
): PublishBody {
  if (!isUtf8(bytes)) return complain('', 'is no valid UTF-8, which JSON must be');
  return new PublishBodyReader(bytes, stream, limits).read();
}

/** The members of one object that mean something here. A place below 0: absent. */
class Members {
  streamFrom = -1;
  subjectFrom = -1;
  bodyFrom = -1;
  bodyTo = -1;
  messages: PublishBody | undefined;

  /** As of an element of a batch that has none yet. */
  reset(): this {
    this.streamFrom = this.subjectFrom = this.bodyFrom = -1;
    return this;
  }
}

class PublishBodyReader {
  readonly #bytes: Buffer;
  readonly #stream: StreamName;
  readonly #limits: PublishBodyLimits;
  readonly #isPlain: boolean;
  /** Of the element that is read: a batch has many, and they are nobody else's. */
  readonly #element = new Members();
  /** Why the text is no JSON that can be taken, once that is known. */
  #broken: Complaint | undefined;

  constructor(bytes: Buffer, stream: StreamName, limits: PublishBodyLimits) {
    this.#bytes = bytes;
    this.#stream = stream;
    this.#limits = limits;
    this.#isPlain = isPlainText(bytes);
  }

  read(): PublishBody {
    const members = new Members();
    const from = skipSpace(this.#bytes, 0);
    if (this.#bytes[from] !== OPEN_OBJECT) return complain('', 'must be a JSON object');
    const end = this.#readObject(from, members, true);
    if (end >= 0) {
      const last = skipSpace(this.#bytes, end);
      if (last !== this.#bytes.length) this.#breakOff(last);
    }
    if (this.#broken !== undefined) return { ok: false, complaint: this.#broken };
    return this.#judge(members);
  }

  #judge({ messages, streamFrom, subjectFrom, bodyFrom, bodyTo }: Members): PublishBody {
    const isSingle = messages === undefined;
    if (streamFrom >= 0 || isSingle) {
      const wrong = this.#judgeStream('', streamFrom);
      if (wrong !== undefined) return { ok: false, complaint: wrong };
    }
    if (!isSingle) {
      const isBoth = subjectFrom >= 0 || bodyFrom >= 0;
      return isBoth ? complain('messages', 'excludes subject and body beside it') : messages;
    }
    const message = this.#messageOf('', subjectFrom, bodyFrom, bodyTo);
    return 'reason' in message
      ? { ok: false, complaint: message }
      : { ok: true, messages: [message], isBatch: false };
  }

  /** The place after the object that begins at `from`, or -1 when it is broken. */
  #readObject(from: number, members: Members, isOuter: boolean): number {
    const bytes = this.#bytes;
    let at = skipSpace(bytes, from + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      const keyFrom = at;
      const keyEnd = bytes[at] === QUOTE ? skipString(bytes, at, this.#isPlain) : -1;
      if (keyEnd < 0) return this.#breakOff(at);
      at = skipSpace(bytes, keyEnd);
      if (bytes[at] !== COLON) return this.#breakOff(at);
      at = skipSpace(bytes, at + 1);
      const end = this.#readMember(memberName(bytes, keyFrom, keyEnd), at, members, isOuter);
      if (end < 0) return end;
      at = skipSpace(bytes, end);
      if (bytes[at] === CLOSE_OBJECT) return at + 1;
      if (bytes[at] !== COMMA) return this.#breakOff(at);
      at = skipSpace(bytes, at + 1);
    }
  }

  #readMember(name: Name | undefined, from: number, members: Members, isOuter: boolean): number {
    if (name === 'messages' && isOuter) return this.#readMessages(from, members);
    const end = this.#skip(from);
    switch (name) {
      case 'stream':
        members.streamFrom = from;
        break;
      case 'subject':
        members.subjectFrom = from;
        break;
      case 'body':
        members.bodyFrom = from;
        members.bodyTo = end;
        break;
      case 'messages':
      case undefined:
    }
    return end;
  }

  /** What is wrong with a message is remembered, and counts if no other `messages` follows. */
  #readMessages(from: number, members: Members): number {
    if (this.#bytes[from] !== OPEN_ARRAY) {
      members.messages = complain('messages', 'must be an array of messages');
      return this.#skip(from);
    }
    const messages: NewMessage[] = [];
    let at = skipSpace(this.#bytes, from + 1);
    if (this.#bytes[at] === CLOSE_ARRAY) {
      members.messages = complain('messages', 'must hold at least one message');
      return at + 1;
    }
    for (;;) {
      const wrong =
        messages.length < this.#limits.messagesMax
          ? this.#readElement(at, messages)
          : { field: 'messages', reason: `must hold at most ${this.#limits.messagesMax}` };
      if (typeof wrong !== 'number') {
        members.messages = { ok: false, complaint: wrong };
        // Two levels more: the array and the messages in it.
        return this.#skip(from, this.#limits.jsonDepthMax + 2);
      }
      if (wrong < 0) return wrong;
      at = skipSpace(this.#bytes, wrong);
      if (this.#bytes[at] === CLOSE_ARRAY) break;
      if (this.#bytes[at] !== COMMA) return this.#breakOff(at);
      at = skipSpace(this.#bytes, at + 1);
    }
    members.messages = { ok: true, messages, isBatch: true };
    return at + 1;
  }

  /** The place after the element, -1 when it is broken, or what is wrong with it. */
  #readElement(from: number, messages: NewMessage[]): number | Complaint {
    if (this.#bytes[from] !== OPEN_OBJECT) {
      return { field: `messages[${messages.length}]`, reason: 'must be an object' };
    }
    const element = this.#element.reset();
    const end = this.#readObject(from, element, false);
    if (end < 0) return end;
    const { streamFrom, subjectFrom, bodyFrom, bodyTo } = element;
    const wrong =
      streamFrom < 0 ? undefined : this.#judgeStream(placeOf(messages.length), streamFrom);
    if (wrong !== undefined) return wrong;
    const message = this.#messageOf(messages.length, subjectFrom, bodyFrom, bodyTo);
    if ('reason' in message) return message;
    messages.push(message);
    return end;
  }

  #judgeStream(place: string, from: number): Complaint | undefined {
    if (from >= 0 && stringAt(this.#bytes, from) === this.#stream) return undefined;
    return { field: `${place}stream`, reason: `must be "${this.#stream}", as in the path` };
  }

  #messageOf(
    index: number | '',
    subjectFrom: number,
    bodyFrom: number,
    bodyTo: number,
  ): NewMessage | Complaint {
    const subject = subjectFrom < 0 ? undefined : stringAt(this.#bytes, subjectFrom);
    if (subject === undefined || !isSubject(subject)) {
      const reason = 'must be a subject: tokens between dots, without wildcards or white space';
      return { field: `${placeOf(index)}subject`, reason };
    }
    if (bodyFrom < 0) return { field: `${placeOf(index)}body`, reason: 'must be there' };
    return { subject, body: this.#bytes.subarray(bodyFrom, bodyTo) };
  }

  /** The place after the value that begins at `from`, or -1 when it is broken. */
  #skip(from: number, depthMax = this.#limits.jsonDepthMax): number {
    const end = skipValue(this.#bytes, from, depthMax, this.#isPlain);
    if (end.kind === 'ended') return end.at;
    if (end.kind === 'invalid') return this.#breakOff(end.at);
    const reason = `nests deeper than ${depthMax} levels at byte ${end.at}`;
    this.#broken = { field: '', reason };
    return -1;
  }

  #breakOff(at: number): -1 {
    this.#broken ??= { field: '', reason: `is no valid JSON at byte ${at}` };
    return -1;
  }
}

function placeOf(index: number | ''): string {
  return index === '' ? '' : `messages[${index}].`;
}

function complain(field: string, reason: string): PublishBody {
  return { ok: false, complaint: { field, reason } };
}

const NAMES = ['stream', 'subject', 'body', 'messages'] as const;
type Name = (typeof NAMES)[number];
const SHORTEST_NAME = 4;

/** Which of the known names the string token is, however it is escaped. */
function memberName(bytes: Buffer, from: number, to: number): Name | undefined {
  // No escape makes a character shorter.
  if (to - from < SHORTEST_NAME + 2) return undefined;
  for (const name of NAMES) if (isStringToken(bytes, from, to, name)) return name;
  return undefined;
}
