import { describe, expect, it } from 'vitest';
import { traceHeaders } from '../../src/triggers/trace-context.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a trace context', () => {
  it('goes along as it is', () => {
    expect(traceHeaders(PARENT, 'a=1,b=2')).toEqual({ traceparent: PARENT, tracestate: 'a=1,b=2' });
    expect(traceHeaders(PARENT, undefined)).toEqual({ traceparent: PARENT });
    expect(traceHeaders(undefined, undefined)).toEqual({});
  });

  it.each([
    '',
    'x',
    PARENT.toUpperCase(),
    `${PARENT}, ${PARENT}`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    `ff${PARENT.slice(2)}`,
  ])('that is malformed, %j, stays behind, and its state with it', (traceparent) => {
    expect(traceHeaders(traceparent, 'a=1')).toEqual({});
  });

  it.each(['', 'a=ä', 'x'.repeat(513)])('leaves a malformed state behind', (tracestate) => {
    expect(traceHeaders(PARENT, tracestate)).toEqual({ traceparent: PARENT });
  });
});
