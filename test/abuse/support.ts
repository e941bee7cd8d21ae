import { afterAll, beforeAll, expect } from 'vitest';
import type { MillraceOptions } from '../../src/index.ts';
import { startMillrace } from '../support/millrace.ts';
import { exchange, type Answer, type AnswerHead } from '../support/raw-http.ts';

/** A server for all tests of a file. Its port is known once they run. */
export interface SharedMillrace {
  readonly port: number;
  readonly dataDir: string;
}

export function shareMillrace(options: MillraceOptions = {}): SharedMillrace {
  let running: Awaited<ReturnType<typeof startMillrace>> | undefined;
  beforeAll(async () => {
    running = await startMillrace(options);
  });
  afterAll(async () => {
    await running?.close();
  });
  return {
    get port() {
      return running?.port ?? 0;
    },
    get dataDir() {
      return running?.dataDir ?? '';
    },
  };
}

export interface NewStream {
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly fields?: readonly string[];
}

export async function createStream(port: number, path: string, stream: NewStream = {}) {
  const { type = 'text/plain', body = '', fields = [] } = stream;
  const answer = await exchange(port, {
    method: 'PUT',
    target: path,
    fields: [`Content-Type: ${type}`, ...fields],
    body,
  });
  expect(answer.status).toBe(201);
  return answer;
}

export async function append(
  port: number,
  path: string,
  body: string | Buffer,
  type = 'text/plain',
): Promise<Answer> {
  const fields = [`Content-Type: ${type}`];
  const answer = await exchange(port, { method: 'POST', target: path, fields, body });
  expect(answer.status).toBe(204);
  return answer;
}

/** All that a client can see of a stream. */
export async function stateOf(port: number, path: string): Promise<Record<string, unknown>> {
  const head = await exchange(port, { method: 'HEAD', target: path });
  const read = await exchange(port, { target: path });
  return {
    status: head.status,
    offset: head.headers.get('stream-next-offset'),
    tag: head.headers.get('etag'),
    type: head.headers.get('content-type'),
    expires: head.headers.get('stream-expires-at'),
    closed: head.headers.get('stream-closed'),
    body: read.status === 200 ? read.body.toString('latin1') : read.status,
  };
}

/** What happens in between leaves the stream as it was, to the byte. */
export async function unchanged<T>(
  port: number,
  path: string,
  action: () => Promise<T>,
): Promise<T> {
  const before = await stateOf(port, path);
  const outcome = await action();
  expect(await stateOf(port, path)).toEqual(before);
  return outcome;
}

/** The headers of protocol section "12.7. Browser Security Headers" are on every answer. */
export function expectSecured({ headers }: AnswerHead): void {
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
}

/** A refusal as it should be: problem+json that names what is wrong (RFC 9457). */
export function expectProblem(answer: Answer, status: number, code?: string): void {
  expect({ status: answer.status, body: answer.body.toString() }).toMatchObject({ status });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expectSecured(answer);
  const problem: unknown = JSON.parse(answer.body.toString());
  if (!isProblem(problem)) throw new Error(`no problem: ${answer.body.toString()}`);
  expect(problem.status).toBe(status);
  expect(problem.title).not.toBe('');
  expect(problem.detail).not.toBe('');
  expect(problem.type).toBe(`urn:millrace:problem:${problem.code}`);
  if (code !== undefined) expect(problem.code).toBe(code);
}

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const members = ['code', 'detail', 'status', 'title', 'type'];
  if (Object.keys(value).sort().join() !== members.join()) return false;
  return Object.entries(value).every(
    ([name, member]) => typeof member === (name === 'status' ? 'number' : 'string'),
  );
}

/** Rows for `it.each`: a value short enough for a name, and the value. */
export function named(values: readonly string[]): [string, string][] {
  return values.map((value) => {
    const name = JSON.stringify(value);
    return [name.length > 80 ? `${name.slice(0, 60)}… (${value.length})` : name, value];
  });
}

/** Polls until the condition holds; the test's own time limit bounds it. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The sum of a metric's values over all of its series that carry the labels. */
export async function metric(port: number, name: string, ...labels: string[]): Promise<number> {
  const { body } = await exchange(port, { target: '/metrics' });
  let sum = 0;
  for (const line of body.toString().split('\n')) {
    const [series = '', value = ''] = line.split(' ');
    const isMeant = series === name || series.startsWith(`${name}{`);
    if (isMeant && labels.every((label) => series.includes(label))) sum += Number(value);
  }
  return sum;
}
