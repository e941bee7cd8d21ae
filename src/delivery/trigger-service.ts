import type { ManagedRefused } from '../managed/refusal.ts';
import type { Op } from '../storage/port.ts';
import { subjectMatcher, type SubjectPattern } from '../subjects/subject.ts';
import { parseDefinition, type Definition } from '../triggers/definition.ts';
import { isTriggerName, type TriggerName } from '../triggers/trigger.ts';
import {
  decodeTriggerRecord,
  encodeTriggerRecord,
  type StandingRecord,
  type TriggerRecord,
} from '../triggers/trigger-record.ts';
import { grantsOf } from '../triggers/trigger-grants.ts';
import { configSubject, type ConfigStream } from './config-stream.ts';
import { NONE, shownFor, type Shown, type ShowsConsent } from './consent.ts';
import { readyForDeadLetters } from './dead-letters-of.ts';
import { GrantService } from './grant-service.ts';
import { cutState, kept, KeptTriggers, type Answering, type Kept } from './kept-triggers.ts';
import { forgetLeftPlaces } from './left-places.ts';
import { refusalOfNew } from './new-trigger.ts';
import { forgetPlaces, placesNow } from './places.ts';
import { runningOf } from './running-of.ts';
import type { RunningParts } from './running.ts';
import { grantOp, ungrantOps } from './stored-grants.ts';
import type { Changed, Created, TriggerView } from './trigger-outcomes.ts';
import { TriggerNews } from './trigger-news.ts';
import { activityOf, type TriggerActivity } from './trigger-totals.ts';
import { viewOf } from './trigger-view.ts';
import { Turns } from './turns.ts';

export interface TriggerServiceParts extends RunningParts {
  readonly config: ConfigStream;
  /** A name that no trigger had before. */
  readonly mintId: () => string;
}

const DONE: Changed = { kind: 'done' };
const ABSENT: Changed = { kind: 'absent' };

/** The triggers of all accounts: what a user asks of them, kept on record and carried out. */
export class TriggerService {
  readonly #parts: TriggerServiceParts;
  readonly #kept = new KeptTriggers();
  readonly #turns = new Turns();
  /** What accounts let out and in. */
  readonly grants: GrantService;
  /** To be told of what becomes of streams and services. */
  readonly news: TriggerNews;

  constructor(parts: TriggerServiceParts) {
    this.#parts = parts;
    const run = this.#run.bind(this);
    this.news = new TriggerNews(this.#kept, parts.messages);
    this.grants = new GrantService(parts, { kept: this.#kept, turns: this.#turns, run });
  }

  /** Takes up what was left. Records that cannot be read are told of, and are no triggers. */
  async start(onUnreadable: (account: string, name: string) => void): Promise<void> {
    await this.grants.load(onUnreadable);
    // What cannot be read may be a trigger that has to go on where it was.
    const { config, logs, onFailure } = this.#parts;
    let isEachKnown = !config.mayLackSome;
    const missed = (account: string, topic: string): void => {
      isEachKnown = false;
      onUnreadable(account, topic);
    };
    for (const { account, topic, text } of await config.load('stream', missed)) {
      const record = isTriggerName(topic) ? decodeTriggerRecord(text) : undefined;
      if (record?.kind === 'standing') this.#keep(account, record);
      if (record === undefined) missed(account, topic);
    }
    if (!isEachKnown) return;
    const owners = (): ReadonlySet<string> => this.#kept.owners();
    forgetLeftPlaces({ logs, turns: this.#turns, owners }).catch(onFailure);
  }

  #keep(account: string, { id, definition, isPaused }: StandingRecord): void {
    const made = kept({ account, id, definition }, this.#nowMs);
    made.isPaused = isPaused;
    this.#kept.add(made);
    if (!isPaused) this.#run(made);
  }

  #run(made: Kept): void {
    made.cut = this.grants.missing(made);
    made.sinceMs = this.#nowMs;
    if (made.cut !== undefined)
      this.#parts.states.stoodStill(made, cutState(made.cut, made.sinceMs));
    made.running = made.cut === undefined ? runningOf(this.#parts, made) : undefined;
  }

  get #nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  async create(account: string, given: unknown, shows: ShowsConsent = NONE): Promise<Created> {
    const read = parseDefinition(given);
    if (!read.ok) return { kind: 'unfit', misfit: read.misfit };
    const { definition } = read;
    // Whoever vouches for credentials may take its time; other changes need not wait for it.
    const shown = await shownFor(account, definition, shows);
    if (shown.kind === 'refused') return { kind: 'not-shown', refusal: shown.refusal };
    return await this.#turns.take(() => this.#create(account, definition, shown));
  }

  async #create(account: string, definition: Definition, shown: Shown): Promise<Created> {
    const { name } = definition.trigger;
    const { config, mintId } = this.#parts;
    const granting = { account, id: mintId(), definition };
    const refusal = refusalOfNew(this.#kept, this.grants, granting, shown);
    if (refusal !== undefined) return refusal;
    const unmade =
      (await config.ensure(account)) ??
      (await readyForDeadLetters(this.#parts, account, definition));
    if (unmade !== undefined) return unmade;
    const record = { kind: 'standing', id: granting.id, isPaused: false, definition } as const;
    const places = await placesNow(this.#parts, account, record.id, definition);
    const grants = grantsOf(granting, shown.kind === 'consent', this.#nowMs);
    const alongside = [...places, ...grants.map(grantOp)];
    const unwritten = await this.#write(account, name, record, alongside);
    if (unwritten !== undefined) return unwritten;
    await this.grants.keep(grants);
    this.#keep(account, record);
    return { kind: 'created', definition };
  }

  #write(
    account: string,
    name: TriggerName,
    record: TriggerRecord,
    alongside: readonly Op[] = [],
  ): Promise<ManagedRefused | undefined> {
    const subject = configSubject('stream', name);
    return this.#parts.config.write(account, subject, encodeTriggerRecord(record), alongside);
  }

  /** Those whose subject of configuration the pattern matches, by name. */
  list(account: string, pattern: SubjectPattern): readonly Definition[] {
    const isMeant = subjectMatcher(pattern);
    return this.#kept
      .of(account)
      .filter(({ name }) => isMeant(configSubject('stream', name)))
      .map(({ definition }) => definition)
      .sort((one, other) => (one.trigger.name < other.trigger.name ? -1 : 1));
  }

  async get(account: string, name: TriggerName): Promise<TriggerView | undefined> {
    const found = this.#kept.get(account, name);
    return found && (await viewOf(found, this.#parts.logs, this.#nowMs));
  }

  /** Final: nothing is delivered any more once it resolves. The history of its records stays. */
  remove(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, (found) =>
      this.#halted(found, async () => {
        const own = this.grants.madeBy(found);
        const alongside = await ungrantOps(this.#parts.logs, own);
        const unwritten = await this.#write(account, name, { kind: 'deleted' }, alongside);
        if (unwritten !== undefined) return unwritten;
        this.#kept.delete(found);
        await this.grants.forget(own);
        await forgetPlaces(this.#parts.logs, account, found.id);
        return DONE;
      }),
    );
  }

  pause(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, (found) =>
      found.isPaused
        ? Promise.resolve(DONE)
        : this.#halted(found, async () => (await this.#mark(found, true)) ?? DONE),
    );
  }

  /**
   * Changes a trigger that has stopped. It stops first: a delivery that fails beside the change may
   * turn out to be stored with the next start, and must not lie behind it. Refused, it goes on.
   */
  async #halted(found: Kept, change: () => Promise<Changed>): Promise<Changed> {
    const { running } = found;
    found.running = undefined;
    found.sinceMs = this.#nowMs;
    await running?.stop();
    this.#parts.states.forget(found.id);
    const changed = await change();
    if (changed.kind === 'refused' && running !== undefined) this.#run(found);
    return changed;
  }

  /** Goes on where it was, whether it was paused or has failed. */
  resume(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, async (found) => {
      const { running, isPaused } = found;
      if (!isPaused && running?.state.kind !== 'failed') return DONE;
      const unwritten = await this.#mark(found, false);
      if (unwritten !== undefined) return unwritten;
      await running?.stop();
      this.#run(found);
      return DONE;
    });
  }

  async #mark(found: Kept, isPaused: boolean): Promise<ManagedRefused | undefined> {
    const { account, name, id, definition } = found;
    const record = { kind: 'standing', id, isPaused, definition } as const;
    const unwritten = await this.#write(account, name, record);
    if (unwritten === undefined) found.isPaused = isPaused;
    return unwritten;
  }

  #change(
    account: string,
    name: TriggerName,
    change: (found: Kept) => Promise<Changed>,
  ): Promise<Changed> {
    return this.#turns.take(async () => {
      const found = this.#kept.get(account, name);
      return found === undefined ? ABSENT : await change(found);
    });
  }

  /** What answers to requests on this subject; undefined: no trigger does. */
  answering(account: string, subject: string): Answering | 'paused' | undefined {
    return this.#kept.answering(account, subject);
  }

  activity(): TriggerActivity {
    return activityOf(this.#kept.all(), this.#parts.totals);
  }

  async stop(): Promise<void> {
    await this.#turns.close();
    await Promise.all(this.#kept.all().map(async ({ running }) => await running?.stop()));
  }
}
