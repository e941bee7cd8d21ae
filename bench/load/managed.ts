// Managed streams as the load programs use them: their names, what they capture and what goes in.
import { seededBytes } from './content.ts';

export function managedName(group: string, number: number): string {
  return `${group}-${number}`;
}

export function managedPath(name: string): string {
  return `/storage/streams/${name}`;
}

export function messagesPath(name: string): string {
  return `${managedPath(name)}/messages`;
}

/** A JSON string of so many bytes, quotes included. */
export function jsonText(seed: number, bytes: number): string {
  const letters = seededBytes(seed, bytes)
    .toString('base64')
    .slice(0, bytes - 2);
  return `"${letters}"`;
}

export interface Outgoing {
  readonly subject: string;
  /** The text of a JSON value. */
  readonly body: string;
}

export function oneBody(stream: string, { subject, body }: Outgoing): Buffer {
  return Buffer.from(`{"stream":"${stream}","subject":"${subject}","body":${body}}`);
}

export function batchBody(messages: readonly Outgoing[]): Buffer {
  const elements = messages.map(({ subject, body }) => `{"subject":"${subject}","body":${body}}`);
  return Buffer.from(`{"messages":[${elements.join(',')}]}`);
}
