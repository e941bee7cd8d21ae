import type { Static } from 'typebox';
import type { ManagedConfig, Origin } from '../../messages/config.ts';
import type { ManagedHead, StoredMessage } from '../../storage/message-port.ts';
import type { SearchAnswer, StreamConfig, StreamInfo, StreamList } from './answers.ts';

// Managed streams in the words of the storage API.

type ListedStream = Static<typeof StreamList>['body']['results'][number];
type FoundMessage = Static<typeof SearchAnswer>['body']['results'][number];

export function listed({ config, createdAtMs, messages }: ManagedHead): ListedStream {
  return {
    name: config.name,
    subjects: [...config.subjects],
    description: config.description ?? '',
    metadata: config.metadata,
    created: isoTime(createdAtMs),
    messages_total: messages,
  };
}

/** `firstAtMs`: when the oldest message came that is there. */
export function described(
  head: ManagedHead,
  firstAtMs: number | undefined,
): Static<typeof StreamInfo> {
  const { messages, bytes, firstSeq, lastSeq, lastAtMs, subjects } = head;
  return {
    body: {
      config: configOf(head.config),
      state: {
        messages,
        bytes,
        first_seq: firstSeq,
        first_ts: firstAtMs === undefined ? null : isoTime(firstAtMs),
        last_seq: lastSeq,
        last_ts: lastAtMs === undefined ? null : isoTime(lastAtMs),
        consumer_count: 0,
        num_subjects: subjects,
        num_deleted: messages === 0 ? 0 : lastSeq - firstSeq + 1 - messages,
      },
      created: isoTime(head.createdAtMs),
    },
  };
}

export function found({ subject, body, createdAtMs }: StoredMessage): FoundMessage {
  return { subject, value: body.toString(), created: isoTime(createdAtMs) };
}

function configOf(config: ManagedConfig): Static<typeof StreamConfig> {
  const { mirror } = config;
  return {
    name: config.name,
    description: config.description ?? '',
    metadata: config.metadata,
    subjects: [...config.subjects],
    retention: 'Limits',
    max_consumers: config.consumersMax ?? -1,
    max_msgs: config.messagesMax ?? -1,
    max_bytes: config.bytesMax ?? -1,
    max_age: config.maxAgeNs ?? -1,
    discard: config.discard,
    max_msgs_per_subject: config.messagesPerSubjectMax ?? -1,
    max_msg_size: config.messageBytesMax ?? -1,
    storage: config.storage,
    num_replicas: config.replicas,
    duplicate_window: config.duplicateWindowNs,
    mirror: mirror === undefined ? null : originOf(mirror),
    sources: config.sources.map(originOf),
    sealed: config.sealed,
    deny_delete: config.denyDelete,
    deny_purge: config.denyPurge,
  };
}

function originOf({ stream, filterSubject, startSeq, startAtMs }: Origin): {
  name: string;
  filter_subject?: string;
  opt_start_seq?: number;
  opt_start_time?: string;
} {
  return {
    name: stream,
    ...(filterSubject === undefined ? {} : { filter_subject: filterSubject }),
    ...(startSeq === undefined ? {} : { opt_start_seq: startSeq }),
    ...(startAtMs === undefined ? {} : { opt_start_time: isoTime(startAtMs) }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
