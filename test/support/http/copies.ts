import { expect } from 'vitest';
import { at } from '../openapi-checker.ts';
import type { Answer } from './client.ts';
import { until } from './until.ts';

/** Whoever is read from. */
interface Read {
  get(path: string): Promise<Answer>;
}

/** A message and all that is known of it. */
export interface StreamRecord {
  readonly seq: number;
  readonly subject: string;
  readonly created: string;
  readonly body: unknown;
}

/** Everything that a managed stream holds, oldest first. */
export async function recordsOf(client: Read, name: string): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  for (let offset = '-1'; ;) {
    const answer = await client.get(`/streams/${name}?offset=${offset}&view=envelope`);
    expect(answer.status, answer.text).toBe(200);
    const page = answer.json;
    if (Array.isArray(page)) records.push(...page.map(asRecord));
    if (answer.header('stream-up-to-date') === 'true') return records;
    offset = answer.offset;
  }
}

function asRecord(envelope: unknown): StreamRecord {
  return {
    seq: Number(at(envelope, 'seq')),
    subject: String(at(envelope, 'subject')),
    created: String(at(envelope, 'created')),
    body: at(envelope, 'body'),
  };
}

/** A number of the stream's state; NaN while there is no such stream. */
export async function stateOf(client: Read, name: string, what: string): Promise<number> {
  const { json } = await client.get(`/storage/streams/${name}`);
  return Number(at(json, 'body', 'state', what));
}

/** Waits until the stream has come to this message; what is beyond is for the test to find. */
export function untilAt(client: Read, name: string, lastSeq: number): Promise<void> {
  return until(`${name} has come to ${lastSeq}`, async () => {
    return (await stateOf(client, name, 'last_seq')) >= lastSeq;
  });
}

/** Waits until the stream holds as many messages. */
export function untilHolds(client: Read, name: string, messages: number): Promise<void> {
  return until(`${name} holds ${messages} messages`, async () => {
    return (await stateOf(client, name, 'messages')) === messages;
  });
}
