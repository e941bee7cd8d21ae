import { isStreamName, type StreamName } from '../messages/config.ts';
import { must } from '../lib/assert.ts';
import type { Op } from '../storage/port.ts';
import { deadLetterSubject } from '../triggers/on-error.ts';
import type { TriggerName } from '../triggers/trigger.ts';
import { isJson } from './answer-text.ts';
import type { ManagedTarget } from './managed-target.ts';
import type { SourceRecord } from './source.ts';
import type { Verdict } from './verdict.ts';

/** A record that a trigger has given up. */
export interface DeadLetter {
  readonly source: string;
  readonly record: SourceRecord;
  readonly refusal: { readonly reason: string; readonly detail?: string | undefined };
  readonly attempts: number;
}

/** The managed stream of an account that keeps what its triggers give up: one like any other. */
export const DEAD_LETTER_STREAM = streamNamed('quiva-trigger-dead-letters');

export interface DeadLettersParts {
  readonly trigger: TriggerName;
  /** The managed streams of the trigger's account. */
  readonly target: ManagedTarget;
  /** Makes the stream where somebody has deleted it. */
  readonly ensure: () => Promise<unknown>;
  readonly nowMs: () => number;
}

/** Keeps what a trigger gives up in a stream of its account, with why. */
export class DeadLetters {
  readonly #parts: DeadLettersParts;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** The record and the ops in one commit. */
  async keep(letter: DeadLetter, moves: readonly Op[]): Promise<Verdict> {
    const { trigger, target, ensure, nowMs } = this.#parts;
    const message = {
      subject: deadLetterSubject(trigger),
      body: Buffer.from(textOf(trigger, letter, nowMs())),
    };
    const deliver = () => target.deliver([message], moves);
    const verdict = await deliver();
    if (verdict.kind !== 'waiting' || verdict.reason !== 'target-missing') return verdict;
    await ensure();
    return await deliver();
  }
}

function textOf(
  trigger: TriggerName,
  { source, record, refusal, attempts }: DeadLetter,
  nowMs: number,
): string {
  const { subject, at, createdAtMs, body } = record;
  const about = JSON.stringify({
    trigger,
    source: { stream: source, subject, position: at, created: timeOf(createdAtMs) },
    error: { reason: refusal.reason, detail: refusal.detail ?? null },
    attempts,
    given_up: timeOf(nowMs),
  });
  return `${about.slice(0, -1)},${bodyOf(body)}}`;
}

/** To the byte as it was in the source, also where that is no JSON. */
function bodyOf(body: Buffer): string {
  const text = body.toString();
  return isJson(text)
    ? `"body":${text}`
    : `"encoding":"base64","body":${JSON.stringify(body.toString('base64'))}`;
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function streamNamed(text: string): StreamName {
  return must(isStreamName(text) ? text : undefined, 'a name');
}
