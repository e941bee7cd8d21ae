import { CONFIG_STREAM } from '../../../src/delivery/config-stream.ts';
import { managedName } from '../../../src/managed/names.ts';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import { decodeTriggerRecord } from '../../../src/triggers/trigger-record.ts';
import type { StreamTrigger } from '../../../src/triggers/trigger.ts';
import { atOnce } from '../engine-under-test.ts';
import { Violation } from '../violation.ts';
import { ACCOUNT } from './names.ts';

/** A trigger as the stream of configurations has it. */
export interface KeptTrigger {
  readonly id: string;
  readonly tag: string;
}

const STORED = managedName(ACCOUNT, CONFIG_STREAM);

/** The triggers that readers of the stream of configurations see, by name. */
export function keptTriggers({ messages }: EmbeddedEngine): ReadonlyMap<string, KeptTrigger> {
  const kept = new Map<string, KeptTrigger>();
  const lastSeq = messages.managed(STORED)?.lastSeq ?? 0;
  for (let fromSeq = 1; fromSeq <= lastSeq;) {
    const request = { fromSeq, filter: undefined, messagesMax: 1000, bytesMax: 1 << 22 };
    const found = atOnce(messages.find(STORED, request));
    if (found.kind !== 'found') throw new Violation(`the configurations are ${found.kind}`);
    for (const { subject, body } of found.messages) {
      const name = subject.slice(subject.lastIndexOf('.') + 1);
      const record = decodeTriggerRecord(body.toString());
      if (record?.kind === 'standing') {
        kept.set(name, { id: record.id, tag: tagOf(record.definition.trigger) });
      } else kept.delete(name);
    }
    fromSeq = found.throughSeq + 1;
  }
  return kept;
}

/** What a trigger of this world writes into all that it delivers. */
export function tagOf({ name, transform }: StreamTrigger): string {
  const text = JSON.stringify({ transform });
  const [, tag] = /"tag":"([^"]+)"/.exec(text) ?? [];
  if (tag === undefined) throw new Violation(`the trigger ${name} is none of this world`);
  return tag;
}
