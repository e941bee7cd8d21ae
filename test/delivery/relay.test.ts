import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { PageTokens } from '../../src/delivery/page-tokens.ts';
import { Relay, type RelayRequest } from '../../src/delivery/relay.ts';
import { kept, type Kept } from '../../src/delivery/kept-triggers.ts';
import type { Question, Service } from '../../src/services/service.ts';
import { parseDefinition } from '../../src/triggers/definition.ts';

const TRACE = { traceparent: 'a trace' };

const REQUEST: Omit<RelayRequest, 'waiting'> = {
  account: 'theirs',
  subject: 'asked',
  body: Buffer.from('hello'),
  headers: { 'content-type': 'text/plain' },
  trace: TRACE,
  hops: '4',
  page: undefined,
};

function triggerOf(source: object, target: object): Kept {
  const parsed = parseDefinition({
    name: 'relay',
    trigger_type: 'stream',
    source: { subject: 'in', type: 'service', ...source },
    target: { subject: 'asked', type: 'service', account: 'theirs', ...target },
  });
  const definition = must(parsed.ok ? parsed.definition : undefined, 'it is a definition');
  return kept({ account: 'ours', id: 'id', definition }, 0);
}

/** What the service `in` of `ours` is asked when `asked` is asked of `theirs`. */
async function askedOf(trigger: Kept, doGrantsLet = true): Promise<Question | undefined> {
  const asked: Question[] = [];
  const service: Service = {
    ask: (question) => {
      asked.push(question);
      return Promise.resolve({ kind: 'timed-out' });
    },
    askInParts: () => Promise.resolve({ kind: 'timed-out' }),
  };
  const relay = new Relay({
    services: {
      find: (account, subject) => (account === 'ours' && subject === 'in' ? service : undefined),
    },
    triggers: {
      answering: () => ({ trigger, ended: new AbortController().signal }),
      grants: { letsTrace: () => doGrantsLet },
    },
    tokens: new PageTokens(randomBytes),
  });
  expect(await relay.ask({ ...REQUEST, waiting: new AbortController() })).toEqual({
    kind: 'failed',
    failure: { kind: 'timed-out' },
  });
  return asked[0];
}

describe('what is relayed between accounts', () => {
  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [undefined, undefined, false],
  ])('has its trace with allow_trace %s and %s: %s', async (source, target, goesAlong) => {
    const trigger = triggerOf(
      source === undefined ? {} : { allow_trace: source },
      target === undefined ? {} : { allow_trace: target },
    );
    const question = await askedOf(trigger);
    expect(question?.headers).toEqual({
      'content-type': 'text/plain',
      'Millrace-Hops': '4',
      ...(goesAlong ? TRACE : {}),
    });
  });

  it('has no trace where what lets it through does not let that through', async () => {
    const trigger = triggerOf({ allow_trace: true }, { allow_trace: true });
    expect((await askedOf(trigger, false))?.headers).not.toHaveProperty('traceparent');
  });

  it('has its trace within an account, whatever is allowed', async () => {
    const trigger = triggerOf({ allow_trace: false }, { account: 'ours' });
    expect((await askedOf(trigger))?.headers).toMatchObject(TRACE);
  });
});
