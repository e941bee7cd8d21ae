import type { CreateRequest } from '../../src/protocol/request.ts';
import type { StreamLimits } from '../../src/streams/stream-service.ts';

/** Bounds that no test comes near. */
export const LIMITS: StreamLimits = {
  producersMax: 10,
  producerIdleMs: 0,
  jsonDepthMax: 10,
  messagesMax: 10,
  forkDepthMax: 10,
};

/** A request for a stream with nothing special about it. */
export const PLAIN: CreateRequest = {
  contentType: undefined,
  closes: false,
  streamSeq: undefined,
  producer: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  expiry: undefined,
  fork: undefined,
};
