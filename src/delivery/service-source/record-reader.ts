import { lastEventIdHeader } from '../../services/hop.ts';
import { NdjsonReader } from '../../services/ndjson-reader.ts';
import { SseReader } from '../../services/sse-reader.ts';
import { isObject } from '../../triggers/json-value.ts';
import { jsonOf } from '../answer-text.ts';
import type { Place, Said } from './answers.ts';

/** Of a line, and of a record. */
export const RECORD_BYTES_MAX = 1 << 20;

export interface ReadRecords {
  readonly records: readonly Said[];
  /** Why no more can be read. */
  readonly fault: string | undefined;
}

/** Reads records out of a body as it comes. */
export interface RecordReader {
  push(bytes: Buffer): ReadRecords;
  /** What the end of the body ends. */
  finish(): ReadRecords;
  /** Whether the service may have more to say when it is called again. */
  readonly goesOn: boolean;
  /** How long it asks to wait before that. */
  readonly retryMs: number | undefined;
}

/** What `Last-Event-ID` says when a service is called again. Empty: nothing. */
export function lastEventIdOf({ mark }: Place): string {
  return mark.slice(mark.indexOf(' ') + 1);
}

/** How many records came behind that id. */
function sinceIdOf({ mark, taken }: Place): number {
  return mark === '' ? taken : Number(mark.slice(0, mark.indexOf(' ')));
}

const SSE = 'text/event-stream';
const NDJSON: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
]);

export const ACCEPTED = [SSE, ...NDJSON].join(', ');

/** Undefined for what comes in no records. */
export function recordReader(
  contentType: string | undefined,
  place: Place,
): RecordReader | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === SSE) return new EventRecords(place);
  return NDJSON.has(type) ? new LineRecords(place) : undefined;
}

/** Events: the service itself knows where to go on by their ids. */
class EventRecords implements RecordReader {
  readonly goesOn = true;
  readonly #reader: SseReader;
  /** Of an event that could not be gone on behind. */
  #fault: string | undefined;

  constructor(place: Place) {
    const limits = { lineBytesMax: RECORD_BYTES_MAX, recordBytesMax: RECORD_BYTES_MAX };
    this.#reader = new SseReader(limits, lastEventIdOf(place));
  }

  get retryMs(): number | undefined {
    return this.#reader.retryMs;
  }

  push(bytes: Buffer): ReadRecords {
    if (this.#fault !== undefined) return this.finish();
    const { records, fault } = this.#reader.push(bytes);
    const unfit = records.findIndex(({ id }) => lastEventIdHeader(id) === undefined);
    if (unfit >= 0) this.#fault = UNFIT_ID;
    return {
      records: records.slice(0, unfit < 0 ? records.length : unfit).map(({ id, data }) => ({
        body: jsonOf(Buffer.from(data)),
        mark: `0 ${id}`,
      })),
      fault: this.#fault ?? fault,
    };
  }

  finish(): ReadRecords {
    return { records: [], fault: this.#fault };
  }
}

const UNFIT_ID = 'an event has an id that no header can hold';

/**
 * Lines of JSON. A record's member `id` is what the service is told to go on behind; what it says
 * again, behind that or from the beginning, is passed over by count.
 */
class LineRecords implements RecordReader {
  readonly goesOn = false;
  readonly retryMs = undefined;
  readonly #reader = new NdjsonReader({ recordBytesMax: RECORD_BYTES_MAX });
  #again: number;
  #id: string;
  #sinceId: number;

  constructor(place: Place) {
    this.#id = lastEventIdOf(place);
    this.#sinceId = sinceIdOf(place);
    this.#again = this.#sinceId;
  }

  push(bytes: Buffer): ReadRecords {
    return this.#read(this.#reader.push(bytes));
  }

  finish(): ReadRecords {
    return this.#read(this.#reader.finish());
  }

  #read({ records, fault }: ReturnType<NdjsonReader['push']>): ReadRecords {
    const fresh = records.slice(this.#again);
    this.#again = Math.max(0, this.#again - records.length);
    return { records: fresh.map((line) => this.#said(jsonOf(line))), fault };
  }

  #said(body: Buffer): Said {
    const value: unknown = JSON.parse(body.toString());
    const id = isObject(value) ? value['id'] : undefined;
    const isId =
      typeof id === 'number' || (typeof id === 'string' && /^[\x20-\x7e]{1,1024}$/.test(id));
    this.#sinceId = isId ? 0 : this.#sinceId + 1;
    if (isId) this.#id = String(id);
    return { body, mark: `${this.#sinceId} ${this.#id}` };
  }
}
