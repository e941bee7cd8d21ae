import type { HttpClient } from '../../support/http/client.ts';
import { contentType, FORMATS } from './format.ts';
import { Ledger } from './ledger.ts';
import { Violation } from './violation.ts';

const SLOTS = 6;
/** Closed streams that stay for the readers before they are deleted. */
const CLOSED_KEPT = 6;

/** The streams that many writers share. One that is closed gives its place to another. */
export class Pool {
  readonly #slots: Ledger[] = [];
  readonly #closed: Ledger[] = [];
  /** Deleted for sure: they are never seen again. */
  readonly deleted: string[] = [];
  #deleting: Ledger | undefined;
  #made = 0;
  #making: { slot: number; ledger: Ledger } | undefined;

  /** Those that take appends, as far as anybody knows. */
  get open(): readonly Ledger[] {
    return this.#slots;
  }

  /** Those that are there for sure. */
  get all(): readonly Ledger[] {
    return [...this.#slots, ...this.#closed];
  }

  /** Makes or removes one stream, if there is need for it. */
  async tend(client: HttpClient): Promise<boolean> {
    const slot = this.#vacant();
    if (this.#making !== undefined || slot !== undefined) {
      await this.#make(client, this.#making ?? this.#next(slot ?? 0));
      return true;
    }
    if (this.#deleting !== undefined || this.#closed.length > CLOSED_KEPT) {
      await this.#delete(client);
      return true;
    }
    return false;
  }

  #vacant(): number | undefined {
    if (this.#slots.length < SLOTS) return this.#slots.length;
    const slot = this.#slots.findIndex(({ closedAt }) => closedAt !== undefined);
    return slot < 0 ? undefined : slot;
  }

  #next(slot: number): { slot: number; ledger: Ledger } {
    this.#made += 1;
    const format = FORMATS[slot % FORMATS.length] ?? 'text';
    return { slot, ledger: new Ledger(`/demo/shared-${this.#made}`, format) };
  }

  /** A PUT whose answer is lost is sent again, and then answered either way. */
  async #make(client: HttpClient, making: { slot: number; ledger: Ledger }): Promise<void> {
    const isRetry = this.#making === making;
    this.#making = making;
    const { slot, ledger } = making;
    const headers = { 'Content-Type': contentType(ledger.format) };
    const answer = await client.put(ledger.path, { headers });
    if (answer.status !== 201 && !(isRetry && answer.status === 200)) {
      throw new Violation(`PUT ${ledger.path} answered ${answer.verdict}`);
    }
    const before = this.#slots[slot];
    if (before !== undefined) this.#closed.push(before);
    this.#slots[slot] = ledger;
    this.#making = undefined;
  }

  async #delete(client: HttpClient): Promise<void> {
    const isRetry = this.#deleting !== undefined;
    const ledger = (this.#deleting ??= this.#closed.shift());
    if (ledger === undefined) return;
    ledger.mayBeGone = true;
    const answer = await client.delete(ledger.path);
    if (answer.status !== 204 && !(isRetry && answer.status === 404)) {
      throw new Violation(`DELETE ${ledger.path} answered ${answer.verdict}`);
    }
    this.deleted.push(ledger.path);
    this.#deleting = undefined;
  }
}
