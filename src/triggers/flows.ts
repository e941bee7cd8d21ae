import { tokensOverlap } from '../subjects/subject.ts';
import type { Endpoint } from './address.ts';
import type { Definition } from './definition.ts';
import { deadLetterSubject } from './on-error.ts';
import { targetAccount } from './trigger.ts';

/** Subjects that records of an account are on. */
export interface Place {
  readonly account: string;
  /** Of the pattern: places are compared again and again. */
  readonly tokens: readonly string[];
}

/** What a trigger makes flow: from subjects of one account to those of another, or the same. */
export interface Flow {
  /** The trigger's. */
  readonly name: string;
  readonly from: Place;
  readonly to: Place;
}

/** What counts of a definition. */
type FlowingDefinition = Pick<Definition, 'trigger' | 'from' | 'to' | 'replyTo' | 'onError'>;

/**
 * What a trigger of an account makes flow: to its target, back from a service that answers, and to
 * where it keeps what it has given up.
 */
export function flowsOf(account: string, definition: FlowingDefinition): readonly Flow[] {
  const { trigger, from, to, replyTo, onError } = definition;
  const { name } = trigger;
  const flowTo = (place: Place): Flow => ({ name, from: placeOf(account, from), to: place });
  const flows = [flowTo(placeOf(targetAccount(account, trigger), to))];
  if (replyTo !== undefined) flows.push(flowTo(placeOf(account, replyTo)));
  if (onError.kind === 'dead_letter') {
    flows.push(flowTo(streamPlace(account, deadLetterSubject(name))));
  }
  return flows;
}

function placeOf(account: string, { kind, pattern }: Endpoint): Place {
  return kind === 'service' ? servicePlace(account, pattern) : streamPlace(account, pattern);
}

/** Records of streams: durable ones are on `$DS.<bucket>.<stream>`. */
export function streamPlace(account: string, pattern: string): Place {
  return { account, tokens: pattern.split('.') };
}

/** A service's subject is another one than a stream's of the same name. */
export function servicePlace(account: string, pattern: string): Place {
  return streamPlace(`${account}\0service`, pattern);
}

/** Whether there is a subject in both. */
export function doMeet(one: Place, other: Place): boolean {
  return one.account === other.account && tokensOverlap(one.tokens, other.tokens);
}
