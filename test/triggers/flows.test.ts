import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { parseDefinition, type Definition } from '../../src/triggers/definition.ts';
import { doMeet, flowsOf, servicePlace, streamPlace } from '../../src/triggers/flows.ts';

function definition(source: object, target: object, more: object = {}): Definition {
  const parsed = parseDefinition({ name: 't', trigger_type: 'stream', source, target, ...more });
  return must(parsed.ok ? parsed.definition : undefined, 'it is a definition');
}

describe('what a trigger makes flow', () => {
  const from = streamPlace('acme', 'orders.>');

  it('goes from its source to its target, of another account too', () => {
    const made = definition({ subject: 'orders.>' }, { subject: 'paid.>', account: 'shop' });
    expect(flowsOf('acme', made)).toEqual([{ name: 't', from, to: streamPlace('shop', 'paid.>') }]);
  });

  it('comes back from a service that answers', () => {
    const target = { subject: 'prices', type: 'service', account: 'shop', reply_subject: 'priced' };
    expect(flowsOf('acme', definition({ subject: 'orders.>' }, target))).toEqual([
      { name: 't', from, to: servicePlace('shop', 'prices') },
      { name: 't', from, to: streamPlace('acme', 'priced') },
    ]);
  });

  it('goes to its own dead letters, where it keeps some', () => {
    const target = { subject: 'paid.>', account: 'shop' };
    const made = definition({ subject: 'orders.>' }, target, { on_error: 'dead_letter' });
    expect(flowsOf('acme', made).map(({ to }) => to)).toEqual([
      streamPlace('shop', 'paid.>'),
      streamPlace('acme', 'ms.dead_letter.t'),
    ]);
  });
});

describe('two places', () => {
  it.each([
    [streamPlace('acme', 'a.*'), streamPlace('acme', '*.b'), true],
    [streamPlace('acme', 'a.*'), streamPlace('acme', 'b.*'), false],
    [streamPlace('acme', 'a'), streamPlace('shop', 'a'), false],
    [streamPlace('acme', 'a'), servicePlace('acme', 'a'), false],
    [servicePlace('acme', 'a'), servicePlace('acme', '*'), true],
  ])('%j and %j meet: %s', (one, other, meet) => {
    expect(doMeet(one, other)).toBe(meet);
    expect(doMeet(other, one)).toBe(meet);
  });
});
