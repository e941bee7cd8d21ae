import { isSubject, subjectMatcher, type SubjectPattern } from '../../../subjects/subject.ts';
import type { FindOutcome, FindRequest, StoredMessage } from '../../message-port.ts';
import type { ManagedEntry, ManagedState } from './managed-entry.ts';
import { pendingBySubject } from './pending-subjects.ts';
import { storedMessage, type MessagePlace } from './message-place.ts';
import type { SubjectEntry } from './subject-entry.ts';
import { walkSubjects } from './subject-walk.ts';

/** How many messages one find looks at that it does not return. */
const LOOKED_AT_MAX = 8192;
/** A pattern of at most so many subjects is followed subject by subject. */
const SUBJECTS_FOLLOWED_MAX = 1024;
/** Where a part of all messages matches that is this large, reading on finds them soonest. */
const DENSE_PART = 1 / 64;

const ABSENT: FindOutcome = { kind: 'absent' };

/** A stream as readers may see it: nothing that is pending, and all that is only pending to go. */
interface DurableView {
  readonly state: ManagedState;
  readonly fromSeq: number;
  readonly isGone: (seq: number) => boolean;
  /** The sequences of a subject. What is only pending to go is among them. */
  readonly seqsOf: (subject: SubjectEntry) => Generator<number>;
}

function viewOf(entry: ManagedEntry, state: ManagedState, fromSeq: number): DurableView {
  const { content } = state;
  const { durableLsn } = entry;
  const from = Math.max(fromSeq, state.firstSeq);
  let pending: ReturnType<typeof pendingBySubject> | undefined;
  return {
    state,
    fromSeq: from,
    isGone: (seq) => (content.removed.get(seq)?.lsn ?? Infinity) <= durableLsn,
    seqsOf: (subject) => {
      pending ??= pendingBySubject(entry, content);
      return content.seqsOf(subject, from, pending.get(subject.subject)?.firstSeq);
    },
  };
}

export function oneMessage(entry: ManagedEntry, seq: number): FindOutcome {
  const { durable: state } = entry;
  if (state === undefined) return ABSENT;
  const view = viewOf(entry, state, seq);
  const place = seq < view.fromSeq || seq > state.lastSeq ? undefined : state.content.single(seq);
  const isThere = place !== undefined && !view.isGone(seq);
  return { kind: 'found', messages: isThere ? [storedMessage(place)] : [], throughSeq: seq };
}

export function findMessages(entry: ManagedEntry, request: FindRequest): FindOutcome {
  const { durable: state } = entry;
  if (state === undefined) return ABSENT;
  const view = viewOf(entry, state, request.fromSeq);
  const page = new Page(request, state.lastSeq);
  const { filter } = request;
  // Sequences behind the last may be larger than keys can say.
  if (view.fromSeq > state.lastSeq) return page.end();
  if (filter === undefined || filter === '>') return readOn(view, page, () => true);
  const followed = subjectsToFollow(view, filter);
  if (followed === undefined) return readOn(view, page, subjectMatcher(filter));
  return follow(view, page, followed);
}

/** Takes what is found until there is enough of it. */
class Page {
  readonly #messages: StoredMessage[] = [];
  readonly #request: FindRequest;
  readonly #lastSeq: number;
  #bytes = 0;

  constructor(request: FindRequest, lastSeq: number) {
    this.#request = request;
    this.#lastSeq = lastSeq;
  }

  /** Nothing more is taken, whatever it is. */
  get isFull(): boolean {
    return this.#messages.length >= this.#request.messagesMax;
  }

  /** False: there is no room for it any more. */
  take(place: MessagePlace): boolean {
    const { bytesMax } = this.#request;
    const isTooMuch = this.#messages.length > 0 && this.#bytes + place.bodyBytes > bytesMax;
    if (this.isFull || isTooMuch) return false;
    this.#messages.push(storedMessage(place));
    this.#bytes += place.bodyBytes;
    return true;
  }

  endAt(throughSeq: number): FindOutcome {
    return { kind: 'found', messages: this.#messages, throughSeq };
  }

  end(): FindOutcome {
    return this.endAt(this.#lastSeq);
  }
}

function readOn(
  { state, fromSeq, isGone }: DurableView,
  page: Page,
  matches: (subject: string) => boolean,
): FindOutcome {
  const { content, lastSeq } = state;
  let lookedAt = 0;
  for (let at = fromSeq; ;) {
    const place = content.next(at);
    if (place === undefined || place.seq > lastSeq) return page.end();
    if (!isGone(place.seq) && matches(place.subject)) {
      if (!page.take(place)) return page.endAt(place.seq - 1);
    } else {
      lookedAt += 1;
      if (lookedAt >= LOOKED_AT_MAX) return page.endAt(place.seq);
    }
    at = place.seq + 1;
  }
}

/** Iterators over the sequences of each matching subject; undefined where they are too many. */
function subjectsToFollow(
  { state, fromSeq, seqsOf }: DurableView,
  filter: SubjectPattern,
): Generator<number>[] | undefined {
  const { content, messages, lastSeq, subjects } = state;
  if (isSubject(filter)) {
    const subject = content.subjects.find(filter);
    return subject === undefined ? [] : [seqsOf(subject)];
  }
  if (lastSeq - fromSeq < LOOKED_AT_MAX) return undefined;
  const matching: SubjectEntry[] = [];
  let count = 0;
  const areFew = (): boolean =>
    count <= messages * DENSE_PART && matching.length <= SUBJECTS_FOLLOWED_MAX;
  walkSubjects(content, filter, subjects, (subject) => {
    matching.push(subject);
    count += subject.count;
    return areFew();
  });
  return areFew() ? matching.map(seqsOf) : undefined;
}

/** Merges subjects in the order of sequences. */
function follow(
  { state, isGone }: DurableView,
  page: Page,
  followed: readonly Generator<number>[],
): FindOutcome {
  const { content, lastSeq } = state;
  const heads = followed.flatMap((seqs) => asHead(seqs));
  let lookedAt = 0;
  for (;;) {
    const least = leastOf(heads);
    if (least === undefined || least.seq > lastSeq) return page.end();
    const { seq } = least;
    if (page.isFull) return page.endAt(seq - 1);
    const place = isGone(seq) ? undefined : content.single(seq);
    if (place !== undefined) {
      if (!page.take(place)) return page.endAt(seq - 1);
    } else {
      lookedAt += 1;
      if (lookedAt >= LOOKED_AT_MAX) return page.endAt(seq);
    }
    const next = least.seqs.next();
    if (next.done === true) heads.splice(heads.indexOf(least), 1);
    else least.seq = next.value;
  }
}

interface SubjectHead {
  seq: number;
  readonly seqs: Generator<number>;
}

function asHead(seqs: Generator<number>): SubjectHead[] {
  const first = seqs.next();
  return first.done === true ? [] : [{ seq: first.value, seqs }];
}

function leastOf(heads: readonly SubjectHead[]): SubjectHead | undefined {
  let least: SubjectHead | undefined;
  for (const head of heads) if (least === undefined || head.seq < least.seq) least = head;
  return least;
}
