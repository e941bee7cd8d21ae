// Triggers as the load programs make them.
import type { Errors } from './errors.ts';

/** The subject of a durable stream by its path below `/v1/stream/`. */
export function durableSubject(path: string): string {
  return `$DS._.${encodeURIComponent(path)}`;
}

export interface Made {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly start: 'new' | 'all';
}

/** What is refused is counted as an error. */
export async function makeTrigger(
  url: URL,
  { name, source, target, start }: Made,
  errors: Errors,
): Promise<void> {
  const answer = await fetch(new URL('/trigger/stream', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      ...{ name, trigger_type: 'stream', start },
      ...{ source: { subject: source }, target: { subject: target } },
    }),
  });
  const text = await answer.text();
  if (answer.status !== 201) errors.add(`${answer.status} ${text}`);
}
