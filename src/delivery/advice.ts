import type { CutReason } from './kept-grants.ts';
import type { ShapeFault } from './pending.ts';
import type { FaultReason, WaitReason } from './verdict.ts';

type StandstillReason = WaitReason | FaultReason | ShapeFault | CutReason;

/** What somebody can do about a trigger that carries nothing; docs/triggers.md has the same words. */
export const ADVICE: Readonly<Record<StandstillReason, string>> = {
  'export-missing': "The source's account lets it out no more: POST /accounts/export.",
  'import-missing': "The target's account lets it in no more: POST /accounts/import.",
  'source-missing': 'Create the stream that it takes from.',
  'source-unreadable': 'What is stored is damaged: see the log.',
  'service-missing': 'Register the service: PUT /trigger/services/{subject}.',
  'service-failed': 'See last_error: the service answers with an error, or not at all.',
  'service-busy': 'Nothing: the service asked to wait, or too many calls are under way.',
  'service-closed': 'Nothing: the service ended its events, and is called again.',
  'service-refused': 'See last_error; change the service, or use on_error.',
  'dead-letters-refused': 'Make room in quiva-trigger-dead-letters.',
  'target-missing': 'Create the stream that it delivers to.',
  'target-full': 'Make room, or raise the limit.',
  'target-closed': 'Delete the trigger, or the stream, and make it anew.',
  'target-sealed':
    'The stream takes nothing, sealed or a mirror: make the trigger anew, to another.',
  'account-full': "Raise the account's limits, or delete something.",
  'store-busy': 'Nothing: more waits to be stored than may.',
  'store-full': "Make room on the server's disk.",
  'store-failed': 'See the log.',
  'record-too-large': "Raise the target's limit of a message, or use on_error.",
  'record-unfit':
    "A stream of the target's type cannot hold the record: delete it, or use on_error.",
  'subject-unfit': 'The mapped subject would be none: make the trigger anew.',
  'body-unfit': "The record's body is no JSON: delete it, or use on_error.",
  'body-too-large': 'What the template makes is too large: make the trigger anew.',
};

const BY_REASON: ReadonlyMap<string, string> = new Map(Object.entries(ADVICE));

/** Undefined for a reason that nobody foresaw. */
export function adviceOn(reason: string): string | undefined {
  return BY_REASON.get(reason);
}

/** Whether it is over without anybody doing something. */
export function isPassing(reason: string): boolean {
  return PASSING.has(reason);
}

const PASSING: ReadonlySet<string> = new Set<StandstillReason>([
  'service-busy',
  'service-closed',
  'store-busy',
]);
