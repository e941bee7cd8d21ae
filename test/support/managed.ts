import {
  DUPLICATE_WINDOW_NS,
  isStreamName,
  NS_PER_MS,
  type ManagedConfig,
  type NewMessage,
  type Origin,
  type StreamName,
} from '../../src/messages/config.ts';
import type { PublishRequest } from '../../src/messages/publish.ts';
import {
  isSubject,
  isSubjectPattern,
  type Subject,
  type SubjectPattern,
} from '../../src/subjects/subject.ts';
import { isTriggerName, type TriggerName } from '../../src/triggers/trigger.ts';
import { NOW_MS } from './states.ts';

export function subject(text: string): Subject {
  if (!isSubject(text)) throw new Error(`not a subject: ${text}`);
  return text;
}

export function pattern(text: string): SubjectPattern {
  if (!isSubjectPattern(text)) throw new Error(`not a pattern: ${text}`);
  return text;
}

export function triggerName(text: string): TriggerName {
  if (!isTriggerName(text)) throw new Error(`not a trigger's name: ${text}`);
  return text;
}

export function streamName(text: string): StreamName {
  if (!isStreamName(text)) throw new Error(`not a stream's name: ${text}`);
  return text;
}

export const ORDERS = streamName('ORDERS');

export function ns(ms: number): number {
  return ms * NS_PER_MS;
}

/** A stream of orders that nothing limits. */
export function managedConfig(special: Partial<ManagedConfig> = {}): ManagedConfig {
  return {
    name: ORDERS,
    description: undefined,
    metadata: {},
    subjects: [pattern('orders.>')],
    storage: 'file',
    discard: 'old',
    messagesMax: undefined,
    bytesMax: undefined,
    maxAgeNs: undefined,
    messagesPerSubjectMax: undefined,
    messageBytesMax: undefined,
    consumersMax: undefined,
    replicas: 1,
    duplicateWindowNs: DUPLICATE_WINDOW_NS,
    mirror: undefined,
    sources: [],
    sealed: false,
    denyDelete: false,
    denyPurge: false,
    ...special,
  };
}

/** All of a stream, from its first message. */
export function origin(stream: string, special: Partial<Origin> = {}): Origin {
  return {
    stream: streamName(stream),
    filterSubject: undefined,
    startSeq: undefined,
    startAtMs: undefined,
    ...special,
  };
}

export function newMessage(on: string, body = '1'): NewMessage {
  return { subject: subject(on), body: Buffer.from(body) };
}

/** A publish without anything special. */
export function publishRequest(
  messages: readonly NewMessage[],
  special: Partial<Omit<PublishRequest, 'messages'>> = {},
): PublishRequest {
  return {
    messages,
    nowMs: NOW_MS,
    messageId: undefined,
    expectedLastSeq: undefined,
    expectedLastSubjectSeq: undefined,
    copy: undefined,
    ...special,
  };
}
