import { MovingDocument, type DocumentForm } from '../../storage/documents.ts';
import type { LogStore, Op } from '../../storage/port.ts';
import type { Subject } from '../../subjects/subject.ts';
import type { Response } from '../../triggers/response.ts';
import type { SourceHead, SourceMark, SourceRead, SourceRecord, SourceStream } from '../source.ts';
import type { Answers, AnswersParts, Said } from './answers.ts';
import { LiveAnswers } from './live-answers.ts';
import { WholeAnswers } from './whole-answers.ts';

export interface ServiceSourceParts extends AnswersParts {
  readonly logs: LogStore;
  /** The service's. */
  readonly subject: Subject;
  /** The document that says where to go on. */
  readonly markName: string;
}

const MARK_FORM: DocumentForm<string> = { write: (mark) => mark, read: (text) => text };

/** Nobody knows where it ends. */
const HEAD: SourceHead = {
  incarnation: 'service',
  begin: 0,
  first: 0,
  tail: Number.POSITIVE_INFINITY,
};

interface Heard {
  readonly record: SourceRecord;
  readonly mark: string;
}

/** What a service says, as a stream: its records are counted from 0. */
export class ServiceSource implements SourceStream, SourceMark {
  readonly name: string;
  readonly #parts: ServiceSourceParts;
  readonly #answers: Answers;
  #stored: MovingDocument<string> | undefined;
  /** What was heard and is not done with, behind the last that is. */
  #heard: readonly Heard[] = [];
  #passed: Heard | undefined;

  constructor(parts: ServiceSourceParts, response: Response) {
    this.#parts = parts;
    this.#answers = answersOf(parts, response);
    this.name = parts.subject;
  }

  head(): Promise<SourceHead> {
    return Promise.resolve(HEAD);
  }

  async read(_head: SourceHead, from: number): Promise<SourceRead> {
    this.#stored ??= await MovingDocument.load(this.#parts.logs, this.#parts.markName, MARK_FORM);
    this.#passed = this.#lastBefore(from);
    this.#heard = this.#heard.filter(({ record }) => record.at >= from);
    if (this.#heard.length === 0) {
      const mark = this.#passed?.mark ?? this.#stored.at ?? '';
      const heard = await this.#answers.next({ mark, taken: from });
      if (heard.kind !== 'said') return heard;
      this.#heard = heard.records.map((said, index) => this.#placed(said, from + index));
    }
    const records = this.#heard.map(({ record }) => record);
    return { kind: 'read', records, next: records.at(-1)?.next ?? from };
  }

  #lastBefore(next: number): Heard | undefined {
    return this.#heard.findLast(({ record }) => record.next <= next) ?? this.#passed;
  }

  #placed({ body, mark }: Said, at: number): Heard {
    const { subject, nowMs } = this.#parts;
    return { record: { at, next: at + 1, subject, createdAtMs: nowMs(), body }, mark };
  }

  get mark(): SourceMark {
    return this;
  }

  ops(next: number): readonly Op[] {
    const mark = this.#lastBefore(next)?.mark;
    const isStored = mark === undefined || mark === this.#stored?.at;
    return isStored || this.#stored === undefined ? [] : [this.#stored.moveTo(mark)];
  }

  async reload(): Promise<void> {
    await this.#stored?.reload(this.#parts.logs);
  }

  watch(): () => void {
    return () => {
      this.#answers.close();
    };
  }
}

function answersOf(parts: AnswersParts, { kind }: Response): Answers {
  switch (kind) {
    case 'singleton':
      return new WholeAnswers(parts, false);
    case 'chunked':
      return new WholeAnswers(parts, true);
    case 'stream':
      return new LiveAnswers(parts);
  }
}
