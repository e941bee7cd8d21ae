import type { ManagedRefusal } from '../../managed/refusal.ts';
import type { Refusal } from '../../protocol/refusal.ts';

/** Streams come and go here, and are made elsewhere. */
export const NO_MANAGED_STREAM: Refusal = {
  code: 'stream-not-found',
  madeAt: '/storage/streams/{name}',
};

/** What a managed stream refuses, in the words of durable streams. */
export function asRefusal(refusal: ManagedRefusal): Refusal {
  switch (refusal.code) {
    case 'stream-not-found':
      return NO_MANAGED_STREAM;
    case 'overloaded':
    case 'storage-full':
    case 'storage-failed':
    case 'data-corrupt':
    case 'shutting-down':
      return { code: refusal.code };
    case 'too-many-bytes-of-account':
      return refusal;
    case 'subject-not-captured': {
      const reason = `must name a subject that the stream captures, which ${refusal.subject} is not`;
      return { code: 'invalid-header', header: 'Stream-Subject', reason };
    }
    case 'wrong-last-sequence':
      return { code: 'precondition-failed', tag: undefined };
    case 'message-too-large':
      return { code: 'body-too-large', bytesMax: refusal.bytesMax };
    case 'limit-reached':
      return { code: 'stream-full', limit: refusal.limit, max: refusal.max };
    case 'sealed':
    case 'mirror':
      return { code: 'stream-read-only', why: refusal.code };
    case 'stream-reserved':
      return { code: 'stream-read-only', why: 'reserved' };
    // Asked of no append.
    case 'invalid-property':
    case 'fixed-property':
    case 'replicas-unavailable':
    case 'subjects-overlap':
    case 'several-subjects':
    case 'delete-denied':
    case 'purge-denied':
    case 'origin-cycle':
    case 'stream-exists':
    case 'too-many-streams-of-account':
    case 'keep-and-up-to':
    case 'message-not-found':
      throw new Error(`invariant broken: an append was refused with ${refusal.code}`);
  }
}
