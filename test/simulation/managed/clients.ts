import type { ManagedHead, MessageStore } from '../../../src/storage/message-port.ts';
import type { Op } from '../../../src/storage/port.ts';
import { touches, type History, type ModelCommit } from '../history.ts';
import { expect, Violation } from '../violation.ts';
import {
  accountOf,
  decide,
  describeManaged,
  describeStream,
  type ManagedAction,
  type ModelDecision,
} from './model.ts';

export interface ClientsParts {
  readonly history: History;
  readonly trace: (line: string) => void;
  readonly count: (what: string) => void;
  /** Why the engine takes nothing now, as far as the life knows. */
  readonly refusal: () => string | undefined;
  /** What must have happened for a commit that was taken to be refused so. */
  readonly isExplained: (reason: string) => boolean;
  /** A commit was made: who watches what it changes has to be told. */
  readonly onCommit: (commit: ModelCommit) => () => void;
}

/** What an engine answers, whatever was asked. */
type Answer = { readonly kind: string; readonly reason?: string; readonly head?: ManagedHead };

/** What becomes of a call, as the model says. */
type Fate =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'commit';
      readonly commit: ModelCommit;
      readonly outcome: object;
      readonly checkTold: () => void;
    }
  /** It waits until the commits that it rests on are settled. */
  | {
      readonly kind: 'answer';
      readonly outcome: object;
      readonly names: readonly string[];
      readonly restsOn: readonly ModelCommit[];
    };

interface Call {
  readonly number: number;
  readonly name: string;
  readonly action: ManagedAction;
  readonly alongside: readonly Op[];
  /** What the ops alongside were made for; they fit nothing else. */
  readonly basis: unknown;
  readonly isStale: boolean;
  fate: Fate;
  answer: Answer | undefined;
}

/** The clients of managed streams in one life: what they asked, and what they are to be told. */
export class ManagedClients {
  readonly #parts: ClientsParts;
  #calls: Call[] = [];
  #nextNumber = 1;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
  }

  get inFlight(): number {
    return this.#calls.length;
  }

  /** The engine decides at once, and so does the model. */
  ask(
    store: MessageStore,
    name: string,
    action: ManagedAction,
    alongside: readonly Op[],
    isStale: boolean,
  ): Promise<void> {
    const { trace } = this.#parts;
    const basis = this.#basisOf(alongside);
    const head = { number: this.#nextNumber, name, action, alongside, basis, isStale };
    this.#nextNumber += 1;
    const fate = this.#fateOf(head);
    const what = fate.kind === 'commit' ? `commit ${fate.commit.id}` : fate.kind;
    trace(`call ${head.number} on ${name}: ${describe(action, alongside)} (${what})`);
    const call: Call = { ...head, fate, answer: undefined };
    this.#calls.push(call);
    return perform(store, name, action, alongside).then((answer) => {
      call.answer = answer;
    });
  }

  #basisOf([op]: readonly Op[]): unknown {
    return op && this.#parts.history.latest.get(op.name);
  }

  #fateOf({ name, action, alongside, basis, isStale }: Omit<Call, 'fate' | 'answer'>): Fate {
    const { history, refusal, onCommit } = this.#parts;
    const reason = refusal();
    if (reason !== undefined) return { kind: 'refused', reason };
    const decision: ModelDecision = decide(history.latestStreams, name, action);
    if (decision.kind === 'answer') {
      const { outcome, restsOnAccount = false } = decision;
      const names = restsOnAccount ? this.#pendingBeside(name) : [name];
      const restsOn = history.pending.filter((each) => names.some((n) => touches(each, n)));
      return { kind: 'answer', outcome, names, restsOn };
    }
    if (isStale || this.#basisOf(alongside) !== basis) {
      return { kind: 'answer', outcome: { kind: 'conflict' }, names: [], restsOn: [] };
    }
    const commit = history.submit(alongside, { name, after: decision.after });
    return { kind: 'commit', commit, outcome: decision.outcome, checkTold: onCommit(commit) };
  }

  /** The streams of an account that something is pending for. */
  #pendingBeside(name: string): string[] {
    const account = accountOf(name);
    const names = this.#parts.history.pending.flatMap(({ managed }) => managed?.name ?? []);
    return [...new Set(names)].filter((each) => each.startsWith(account));
  }

  /** Those whose commits were settled in this turn, to be gone through in their order. */
  settled(): { readonly id: number; readonly settle: () => void }[] {
    return this.#calls.flatMap((call) => {
      const { fate, answer } = call;
      if (fate.kind !== 'commit' || answer === undefined) return [];
      const settle = (): void => {
        this.#remove(call);
        this.#settle(call, fate, answer);
      };
      return [{ id: fate.commit.id, settle }];
    });
  }

  #settle(call: Call, fate: Extract<Fate, { kind: 'commit' }>, answer: Answer): void {
    const { history, trace, count, isExplained } = this.#parts;
    const { commit, outcome } = fate;
    trace(`commit ${commit.id} is ${answer.reason ?? answer.kind}`);
    if (answer.kind !== 'refused') {
      history.acknowledge(commit);
      fate.checkTold();
      count(`managed: ${call.action.kind}`);
      if (call.action.kind === 'configure') this.#checkHead(call.name, answer);
      else this.#expectAnswer(call, answer, outcome);
      return;
    }
    const { reason = '' } = answer;
    count(`managed refused: ${reason}`);
    expect(isExplained(reason), () => `call ${call.number} was refused without need: ${reason}`);
    if (reason === 'failed') history.giveUp(commit);
    else history.refuse(commit);
  }

  /** A configuration's answer tells of the stream as it is with that commit. */
  #checkHead(name: string, answer: Answer): void {
    const stream = this.#parts.history.durableStreams.get(name);
    const shown = answer.head === undefined ? 'nothing' : describeManaged(answer.head);
    expect(shown === describeStream(stream), () => {
      return `${name} was configured as ${shown}, not ${describeStream(stream)}`;
    });
  }

  /**
   * What a call rested on was taken back: the engine has decided again, in the order in which it
   * settled the commits and the calls came to wait for them.
   */
  decideAgain(): void {
    const again = this.#calls.flatMap((call) => {
      const refused = takenBackAt(call.fate, this.#parts.history);
      return refused === undefined ? [] : [{ call, refused }];
    });
    again.sort((a, b) => a.refused - b.refused || a.call.number - b.call.number);
    for (const { call } of again) {
      call.fate = this.#fateOf(call);
      const { fate, number } = call;
      const what = fate.kind === 'commit' ? `commit ${fate.commit.id}` : fate.kind;
      this.#parts.trace(`call ${number} is decided again (${what})`);
      this.#parts.count('managed: decided again');
    }
  }

  /** Calls that changed nothing: they are answered when what they rest on is durable. */
  checkAnswers(): void {
    const { history } = this.#parts;
    for (const call of [...this.#calls]) {
      const { fate, answer, number } = call;
      if (fate.kind === 'commit') {
        expect(answer === undefined, () => `call ${number} was answered before it was stored`);
        continue;
      }
      const waitsFor =
        fate.kind === 'answer' ? fate.restsOn.filter((each) => !history.isAcknowledged(each)) : [];
      if (answer === undefined) {
        expect(waitsFor.length > 0, () => `call ${number} waits for nothing`);
        continue;
      }
      this.#remove(call);
      expect(waitsFor.length === 0, () => {
        return `call ${number} was answered before commit ${waitsFor[0]?.id ?? 0} was stored`;
      });
      this.#parts.count(`managed ${answer.kind}`);
      const { kind, reason } = fate.kind === 'refused' ? fate : { kind: '', reason: '' };
      this.#expectAnswer(call, answer, fate.kind === 'refused' ? { kind, reason } : fate.outcome);
    }
  }

  #expectAnswer({ number, action }: Call, answer: Answer, expected: object): void {
    const shown = JSON.stringify(sorted(answer));
    const wanted = JSON.stringify(sorted(expected));
    this.#parts.trace(`call ${number} is ${shown}`);
    if (shown === wanted) return;
    throw new Violation(`call ${number}, ${action.kind}, was answered ${shown}, not ${wanted}`);
  }

  #remove(call: Call): void {
    this.#calls.splice(this.#calls.indexOf(call), 1);
  }
}

/** Each stream is taken back with the first of its commits; who waits for two waits for both. */
function takenBackAt(fate: Fate, history: History): number | undefined {
  if (fate.kind !== 'answer') return undefined;
  const refused = fate.restsOn.filter((commit) => history.isRefused(commit));
  const firsts = fate.names.flatMap((name) => {
    return refused.find((commit) => touches(commit, name))?.id ?? [];
  });
  return firsts.length === 0 ? undefined : Math.max(...firsts);
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}

function perform(
  store: MessageStore,
  name: string,
  action: ManagedAction,
  alongside: readonly Op[],
): Promise<Answer> {
  switch (action.kind) {
    case 'configure':
      return store.configure(name, action);
    case 'publish':
      return store.publish(name, action.request, alongside);
    case 'remove':
      return store.removeMessages(name, action.seqs, action.cause);
    case 'enforce':
      return store.enforce(name, action.nowMs, action.messagesMax);
    case 'clear':
      return store.clear(name);
    case 'drop':
      return store.dropManaged(name);
  }
}

function describe(action: ManagedAction, alongside: readonly Op[]): string {
  switch (action.kind) {
    case 'configure':
      return `configure from ${action.expected} ${JSON.stringify(action.config)}`;
    case 'publish': {
      const { messages, messageId, nowMs } = action.request;
      const on = messages.map(({ subject, body }) => `${subject} ${body.length}`).join(' ');
      const id = messageId === undefined ? '' : ` as ${messageId}`;
      return `publish ${on}${id} at ${nowMs}${alongside.map(({ kind }) => ` with ${kind}`).join()}`;
    }
    case 'remove':
      return `remove ${action.seqs.join(' ')} to ${action.cause}`;
    case 'enforce':
      return `enforce ${action.messagesMax} at ${action.nowMs}`;
    case 'clear':
    case 'drop':
      return action.kind;
  }
}
