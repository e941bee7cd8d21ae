import type { MaybePromise } from '../../lib/maybe-promise.ts';
import { isPromise } from '../../lib/maybe-promise.ts';
import type { ManagedService } from '../../managed/managed-service.ts';
import type { StreamName } from '../../messages/config.ts';
import { JSON_TYPE } from '../../protocol/content-type.ts';
import { position, type Position } from '../../protocol/offset.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import type { FindOutcome, ManagedHead } from '../../storage/message-port.ts';
import type { ReadOutcome } from '../../storage/port.ts';
import type { FollowedHead, Source } from '../streams/source.ts';
import { startOf, tailOf } from './context.ts';
import { NO_MANAGED_STREAM } from './refusal.ts';
import { piecesOf, type ManagedView } from './view.ts';

/** How many messages a page has at most: they are objects before they are bytes. */
const MESSAGES_PER_PAGE = 8192;

export interface ManagedSourceParts {
  readonly managed: ManagedService;
  readonly account: string;
  readonly name: StreamName;
  readonly incarnation: string;
  readonly view: ManagedView;
}

/** A managed stream as a source, as long as it is the one that was found. */
export class ManagedSource implements Source {
  readonly #parts: ManagedSourceParts;

  constructor(parts: ManagedSourceParts) {
    this.#parts = parts;
  }

  look(): FollowedHead | undefined {
    const head = this.#head();
    return head && this.followed(head);
  }

  #head(): ManagedHead | undefined {
    const { managed, account, name, incarnation } = this.#parts;
    const head = managed.get(account, name);
    return head?.incarnation === incarnation ? head : undefined;
  }

  /** What was read once may be removed later: then what is read has another name. */
  followed(head: ManagedHead): FollowedHead {
    const { filter = '', isEnvelope } = this.#parts.view;
    const removed = head.lastSeq - head.messages;
    return {
      incarnation: `${head.incarnation}.${removed}.${isEnvelope ? 'e' : 'b'}.${filter}`,
      tail: tailOf(head),
      isClosed: false,
      contentType: JSON_TYPE,
    };
  }

  read(_: FollowedHead, from: Position, bytesMax: number): MaybePromise<ReadOutcome> {
    const head = this.#head();
    if (head === undefined) return { kind: 'absent' };
    if (from < startOf(head)) return { kind: 'trimmed', earliest: startOf(head) };
    const found = this.#find(from, MESSAGES_PER_PAGE, bytesMax);
    return isPromise(found)
      ? found.then((outcome) => this.#page(outcome, from))
      : this.#page(found, from);
  }

  #page(outcome: FindOutcome, from: Position): ReadOutcome {
    if (outcome.kind !== 'found') return outcome;
    const { messages, throughSeq } = outcome;
    const pieces = piecesOf(messages, this.#parts.view.isEnvelope);
    return { kind: 'page', page: { from, to: position(Math.max(from, throughSeq)), pieces } };
  }

  async hasAny({ tail }: FollowedHead, from: Position): Promise<boolean> {
    // What has been trimmed away has to be told of, too.
    const head = this.#head();
    if (head !== undefined && from < startOf(head)) return true;
    for (let at = from; at < tail;) {
      const found = await this.#find(at, 1, 1);
      if (found.kind !== 'found' || found.messages.length > 0) return true;
      at = position(Math.max(at + 1, found.throughSeq));
    }
    return false;
  }

  #find(from: Position, messagesMax: number, bytesMax: number): MaybePromise<FindOutcome> {
    const { managed, account, name, view } = this.#parts;
    return managed.find(account, name, {
      fromSeq: from + 1,
      filter: view.filter,
      messagesMax,
      bytesMax,
    });
  }

  watch(onChange: () => void): () => void {
    const { managed, account, name } = this.#parts;
    return managed.watch(account, name, onChange);
  }

  renew(): void {
    // Managed streams do not expire for want of readers.
  }

  over(): Refusal {
    return NO_MANAGED_STREAM;
  }
}
