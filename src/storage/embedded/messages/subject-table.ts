import type { Subject } from '../../../subjects/subject.ts';
import { subjectKey } from '../index/message-keys.ts';
import { decodeSubject } from '../index/message-values.ts';
import type { Lsn } from '../wal/frame.ts';
import type { ContentSource } from './content.ts';
import { SubjectEntry } from './subject-entry.ts';

/** How many subjects stay in memory that the index knows as they are. */
const IDLE_SUBJECTS_MAX = 65_536;

/** The subjects of a content: those in the index, and in memory those that it does not know as they are. */
export class SubjectTable {
  readonly #storageId: number;
  readonly #source: ContentSource;
  readonly #entries = new Map<Subject, SubjectEntry>();
  readonly dirty = new Set<SubjectEntry>();
  nextId: number;

  constructor(storageId: number, source: ContentSource, nextId: number) {
    this.#storageId = storageId;
    this.#source = source;
    this.nextId = nextId;
  }

  /** What is known of a subject that has messages, or had some lately. */
  find(subject: Subject): SubjectEntry | undefined {
    const known = this.#entries.get(subject);
    if (known !== undefined) return known;
    const value = this.#source.index.get(subjectKey(this.#storageId, subject));
    if (value === undefined) return undefined;
    const stored = decodeSubject(value);
    return this.#keep(new SubjectEntry(subject, stored.subjectId, stored));
  }

  obtain(subject: Subject): SubjectEntry {
    const known = this.find(subject);
    if (known !== undefined) return known;
    const entry = this.#keep(new SubjectEntry(subject, this.nextId, undefined));
    this.nextId += 1;
    this.#source.trees.add(this.#storageId, entry.subject);
    return entry;
  }

  /** Makes room first: an entry that somebody is about to change must stay the one that is found. */
  #keep(entry: SubjectEntry): SubjectEntry {
    if (this.#entries.size - this.dirty.size >= IDLE_SUBJECTS_MAX) {
      for (const [subject, each] of this.#entries) {
        if (!this.dirty.has(each)) this.#entries.delete(subject);
      }
    }
    this.#entries.set(entry.subject, entry);
    return entry;
  }

  count(entry: SubjectEntry, by: 1 | -1, lsn: Lsn): void {
    entry.count += by;
    entry.changedLsn = lsn;
    this.dirty.add(entry);
  }

  /** Whether memory knows a subject better than the index, which may only just be being told. */
  isDirty(subject: Subject): boolean {
    const known = this.#entries.get(subject);
    return known !== undefined && this.dirty.has(known);
  }

  /** The index knows the subject as it is. */
  forgetChanges(entry: SubjectEntry): void {
    this.dirty.delete(entry);
    if (entry.count > 0) return;
    this.#entries.delete(entry.subject);
    this.#source.trees.remove(this.#storageId, entry.subject);
  }

  /** The index knows all subjects as they are: what is left has been changed, and changed back. */
  forgetTakenBack(): void {
    for (const entry of this.dirty) this.forgetChanges(entry);
  }
}
