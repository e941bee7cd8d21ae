import type { ManagedRefusal } from '../../managed/refusal.ts';
import { apiError, errorOfRefusal, validationError, type ApiError } from '../json/api-error.ts';

/** The one place where a refusal of managed streams becomes a status. */
export function toApiError(refusal: ManagedRefusal): ApiError {
  switch (refusal.code) {
    case 'invalid-property':
      return validationError(refusal.property, refusal.reason);
    case 'fixed-property':
      return validationError(refusal.property, 'cannot be changed after creation; nothing was');
    case 'replicas-unavailable':
      return validationError(
        'num_replicas',
        `must be at most ${refusal.replicasMax}, which is what this engine can keep`,
      );
    case 'keep-and-up-to':
      return validationError('keep', 'excludes up_to_sequence; send one of them');
    case 'several-subjects':
      return validationError(
        'Expected-Last-Subject-Seq',
        'is for messages on one subject; this batch is on several',
      );
    case 'stream-not-found':
      return apiError(404, 'not_found', 'There is no such stream; create it with PUT.');
    case 'message-not-found':
      return apiError(404, 'not_found', 'There is no message with this sequence.');
    case 'stream-exists':
      return bad('stream_exists', 'A stream of this name exists with another configuration.');
    case 'stream-reserved':
      return bad('stream_reserved', 'This stream belongs to the triggers: see /trigger.');
    case 'subjects-overlap':
      return bad(
        'subjects_overlap',
        `The stream "${refusal.stream}" captures ${refusal.subject} already.`,
      );
    case 'subject-not-captured':
      return bad('subject_not_captured', `The stream does not capture ${refusal.subject}.`);
    case 'wrong-last-sequence':
      return bad(
        'wrong_last_sequence',
        `The last sequence is ${refusal.actual}, not ${refusal.expected}; nothing was stored.`,
      );
    case 'message-too-large':
      return bad(
        'max_msg_size_exceeded',
        `The body of a message is at most ${refusal.bytesMax} bytes here (max_msg_size).`,
      );
    case 'limit-reached':
      return bad(
        `${refusal.limit}_reached`,
        `The stream is at its limit of ${refusal.max} (${refusal.limit}); nothing was stored.`,
      );
    case 'sealed':
      return bad('stream_sealed', 'The stream is sealed: nothing may change any more.');
    case 'delete-denied':
      return bad('delete_denied', 'The stream denies deleting messages (deny_delete).');
    case 'purge-denied':
      return bad('purge_denied', 'The stream denies being purged (deny_purge).');
    case 'mirror':
      return bad('stream_is_mirror', 'A mirror takes messages from its origin alone.');
    case 'origin-cycle':
      return bad(
        'origin_cycle',
        `"${refusal.stream}" copies from this stream already: messages would go in circles.`,
      );
    case 'too-many-streams-of-account':
    case 'too-many-bytes-of-account':
    case 'overloaded':
    case 'storage-full':
    case 'storage-failed':
    case 'shutting-down':
      return errorOfRefusal(refusal);
    case 'data-corrupt':
      return apiError(500, 'internal_error', 'Stored bytes do not match their checksum.');
  }
}

function bad(code: string, message: string): ApiError {
  return apiError(400, code, message);
}
