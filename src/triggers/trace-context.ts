import { present } from './present.ts';

// W3C Trace Context, "Traceparent Header" and "Tracestate Header".
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The headers that go along with a request where it may be traced; what is malformed does not. */
export function traceHeaders(
  traceparent: string | undefined,
  tracestate: string | undefined,
): Readonly<Record<string, string>> {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  const isState = tracestate !== undefined && TRACESTATE.test(tracestate);
  return { traceparent, ...present({ tracestate: isState ? tracestate : undefined }) };
}
