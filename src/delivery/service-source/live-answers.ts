import { BodyCut, type AnswerBody } from '../../services/answer.ts';
import { lastEventIdHeader } from '../../services/hop.ts';
import { classify, RETRY_AFTER_MS_MAX } from '../../services/retry.ts';
import { FIRST_HOP } from '../../triggers/hops.ts';
import {
  Failures,
  NO_SERVICE,
  type Answers,
  type AnswersParts,
  type Heard,
  type Place,
} from './answers.ts';
import { ACCEPTED, lastEventIdOf, recordReader, type RecordReader } from './record-reader.ts';

interface Connection {
  readonly body: AnswerBody;
  readonly pieces: AsyncIterator<Buffer, void, undefined>;
  readonly reader: RecordReader;
}

const NO_CONTENT = 204;
const RECONNECT_MS = 1000;
/** Nobody wants to be called again and again without a pause, whatever is said. */
const RECONNECT_MS_MIN = 100;

/**
 * Records as they come (contract page, "Stream"). A connection that is lost is made again from the
 * last record on. Events go on for ever, but for a 204; lines of JSON end with their body.
 */
export class LiveAnswers implements Answers {
  readonly #parts: AnswersParts;
  readonly #failures: Failures;
  #connection: Connection | undefined;
  #isEnded = false;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    this.#failures = new Failures(parts);
  }

  async next(place: Place): Promise<Heard> {
    for (;;) {
      if (this.#isEnded) return { kind: 'ended' };
      const failed = this.#connection === undefined ? await this.#connect(place) : undefined;
      if (failed !== undefined) return failed;
      const connection = this.#connection;
      if (connection === undefined) continue;
      const heard = await this.#hear(connection);
      if (heard !== undefined) return heard;
    }
  }

  async #connect(place: Place): Promise<Heard | undefined> {
    const { find, signal } = this.#parts;
    const service = find();
    if (service === undefined) return NO_SERVICE;
    const lastEventId = lastEventIdOf(place);
    const answer = await service.askInParts({
      body: undefined,
      headers: {
        ...FIRST_HOP,
        accept: ACCEPTED,
        ...(lastEventId === '' ? {} : lastEventIdHeader(lastEventId)),
      },
      page: undefined,
      timeoutMs: undefined,
      signal,
    });
    if (answer.kind !== 'answered') return this.#failures.waiting(answer);
    const { body, status, headers } = answer;
    if (classify({ ...answer, body: Buffer.alloc(0) }) !== 'done') {
      body.cancel();
      return this.#failures.waiting(answer);
    }
    if (status === NO_CONTENT) {
      body.cancel();
      this.#isEnded = true;
      return undefined;
    }
    const reader = recordReader(headers.get('content-type'), place);
    if (reader === undefined) {
      body.cancel();
      return this.#failures.unfit('it answers neither events nor lines of JSON');
    }
    this.#connection = { body, pieces: body[Symbol.asyncIterator](), reader };
    return undefined;
  }

  /** Undefined: nothing is said yet. */
  async #hear({ pieces, reader }: Connection): Promise<Heard | undefined> {
    try {
      const piece = await pieces.next();
      const { records, fault } = piece.done === true ? reader.finish() : reader.push(piece.value);
      if (piece.done === true) this.#connection = undefined;
      if (piece.done === true && !reader.goesOn) this.#isEnded = true;
      if (records.length > 0) {
        this.#failures.forget();
        return { kind: 'said', records };
      }
      if (fault !== undefined) {
        this.close();
        return this.#failures.unfit(`its answer cannot be read: ${fault}`);
      }
      if (piece.done !== true || !reader.goesOn) return undefined;
      return { kind: 'waiting', reason: 'service-closed', retryAfterMs: pauseMs(reader) };
    } catch (error) {
      if (!(error instanceof BodyCut)) throw error;
      this.close();
      return this.#failures.waiting(error.failure);
    }
  }

  close(): void {
    this.#connection?.body.cancel();
    this.#connection = undefined;
  }
}

function pauseMs({ retryMs = RECONNECT_MS }: RecordReader): number {
  return Math.min(Math.max(retryMs, RECONNECT_MS_MIN), RETRY_AFTER_MS_MAX);
}
