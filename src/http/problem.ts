import { formatOffset } from '../protocol/offset.ts';
import type { Refusal, UnauthorizedReason } from '../protocol/refusal.ts';

/** How a refusal is answered: RFC 9457, with the protocol's headers. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  /** What was wrong, and what to do next. */
  readonly detail: string;
  readonly headers: readonly string[];
}

const NO_HEADERS: readonly string[] = [];
const RETRY_AFTER_SECONDS = '1';
/** Somebody has to make room first, or streams have to expire. */
const RETRY_WITH_ROOM: readonly string[] = ['Retry-After', '60'];

const UNAUTHORIZED_DETAIL: Readonly<Record<UnauthorizedReason, string>> = {
  missing: 'Send a token as Authorization: Bearer, or an API key as X-Api-Key.',
  several: 'Send one credential; there is no telling which of several was meant.',
  invalid: 'The credential is not known here, or not meant for here.',
  expired: 'The credential has expired; send a new one.',
};

function problem(
  status: number,
  title: string,
  detail: string,
  headers: readonly string[] = NO_HEADERS,
): Problem {
  return { status, title, detail, headers };
}

const READ_ONLY = {
  sealed: 'The stream is sealed: nothing is added to it any more.',
  mirror: 'The stream is a mirror, which takes messages from its origin alone.',
  reserved: 'The stream belongs to the triggers: see /trigger.',
};

/** The one place where a refusal becomes a status. */
export function toProblem(refusal: Refusal): Problem {
  switch (refusal.code) {
    case 'invalid-path':
      return problem(400, 'Invalid path', `The path ${refusal.reason}.`);
    case 'invalid-header':
      return problem(400, 'Invalid header', `${refusal.header} ${refusal.reason}.`);
    case 'invalid-query':
      return problem(
        400,
        'Invalid query',
        `The parameter "${refusal.parameter}" ${refusal.reason}.`,
      );
    case 'invalid-json':
      return problem(400, 'Invalid JSON', `The body is no valid JSON at byte ${refusal.at}.`);
    case 'json-too-deep':
      return problem(
        400,
        'JSON too deep',
        `The body nests deeper than ${refusal.depthMax} levels at byte ${refusal.at}.`,
      );
    case 'invalid-utf8':
      return problem(400, 'Invalid UTF-8', 'The body is no valid UTF-8, which JSON must be.');
    case 'too-many-messages':
      return problem(
        413,
        'Too many messages',
        `An append holds at most ${refusal.messagesMax} messages; send them in several.`,
      );
    case 'empty-append':
      return problem(
        400,
        'Nothing to append',
        'The body holds no data. Send some, or close the stream with Stream-Closed: true.',
      );
    case 'content-type-missing':
      return problem(400, 'Content-Type missing', "Send the stream's Content-Type with the body.");
    case 'content-encoding-unsupported':
      return problem(
        415,
        'Content-Encoding not supported',
        `Bodies are stored as they come; send this one without Content-Encoding: ${refusal.encoding}.`,
      );
    case 'body-too-large':
      return problem(
        413,
        'Body too large',
        `A body is at most ${refusal.bytesMax} bytes; send it in several appends.`,
      );
    case 'body-incomplete':
      return problem(400, 'Body incomplete', 'The body broke off; nothing was appended.', [
        'Connection',
        'close',
      ]);
    case 'method-not-allowed':
      return problem(405, 'Method not allowed', `This address knows ${refusal.allow}.`, [
        'Allow',
        refusal.allow,
      ]);
    case 'not-found':
      return problem(404, 'Not found', 'Nothing is served at this address.');
    case 'unauthorized':
      return problem(401, 'Unauthorized', UNAUTHORIZED_DETAIL[refusal.reason], [
        'WWW-Authenticate',
        refusal.reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"',
      ]);
    case 'forbidden':
      return problem(
        403,
        'Forbidden',
        `The credential's scope does not cover ${refusal.scope} here.`,
        ['WWW-Authenticate', `Bearer error="insufficient_scope", scope="${refusal.scope}"`],
      );
    case 'too-many-requests':
      return problem(
        429,
        'Too many requests',
        `The account may make ${refusal.requestsPerSecondMax} requests a second.`,
        ['Retry-After', String(refusal.retryAfterSeconds)],
      );
    case 'too-many-live-readers-of-account':
      return problem(
        429,
        'Too many live readers',
        `The account may have ${refusal.liveReadersMax} live readers; try again shortly.`,
        ['Retry-After', RETRY_AFTER_SECONDS],
      );
    case 'too-many-streams-of-account':
      return problem(
        429,
        'Too many streams',
        `The account may have ${refusal.streamsMax} streams; delete some to make room.`,
        RETRY_WITH_ROOM,
      );
    case 'too-many-bytes-of-account':
      return problem(
        429,
        'Too many bytes',
        `The streams of the account may hold ${refusal.bytesMax} bytes; delete some to make room.`,
        RETRY_WITH_ROOM,
      );
    case 'credentials-unverifiable':
      return problem(
        503,
        'Credentials unverifiable',
        'The keys that tokens are verified by cannot be had right now; try again shortly.',
        ['Retry-After', RETRY_AFTER_SECONDS],
      );
    case 'bucket-not-found':
      return problem(
        404,
        'Bucket not found',
        `There is no bucket "${refusal.bucket}"; create it with PUT /${refusal.bucket}.`,
      );
    case 'bucket-not-empty':
      return problem(
        409,
        'Bucket not empty',
        `The bucket "${refusal.bucket}" still holds streams; delete them first.`,
      );
    case 'stream-not-found':
      return problem(
        404,
        'Stream not found',
        refusal.madeAt === undefined
          ? 'There is no stream here; create it with PUT.'
          : `There is no stream here; create it with PUT ${refusal.madeAt}.`,
      );
    case 'stream-gone':
      return problem(410, 'Stream gone', 'The stream was deleted; only its forks still read it.');
    case 'stream-differs':
      return problem(
        409,
        'Stream differs',
        `A stream with another ${refusal.what} exists here; nothing was changed.`,
      );
    case 'path-held-by-forks':
      return problem(
        409,
        'Path held by forks',
        'A deleted stream stands here until the last of its forks is deleted.',
      );
    case 'stream-closed':
      return problem(409, 'Stream closed', 'The stream is closed and takes no more data.', [
        'Stream-Closed',
        'true',
        'Stream-Next-Offset',
        formatOffset(refusal.tail),
      ]);
    case 'content-type-differs':
      return problem(
        409,
        'Content-Type differs',
        `The stream holds ${refusal.expected}; send data of that type.`,
      );
    case 'stream-seq-regressed':
      return problem(
        409,
        'Stream-Seq regressed',
        `Stream-Seq must be greater than ${JSON.stringify(refusal.last)}, in the order of bytes.`,
      );
    case 'precondition-failed':
      return problem(
        412,
        'Precondition failed',
        'The stream is not in the state that the request requires; nothing was changed.',
        refusal.tag === undefined ? NO_HEADERS : ['ETag', refusal.tag],
      );
    case 'producer-fenced':
      return problem(
        403,
        'Producer fenced',
        `A producer of epoch ${refusal.currentEpoch} has taken over; claim a higher one to go on.`,
        ['Producer-Epoch', String(refusal.currentEpoch)],
      );
    case 'producer-gap':
      return problem(
        409,
        'Producer sequence gap',
        `Producer-Seq ${refusal.expected} comes next, not ${refusal.received}.`,
        [
          'Producer-Expected-Seq',
          String(refusal.expected),
          'Producer-Received-Seq',
          String(refusal.received),
        ],
      );
    case 'producer-epoch-must-start-at-zero':
      return problem(
        400,
        'Epoch must start at zero',
        `A new Producer-Epoch begins with Producer-Seq 0, not ${refusal.received}.`,
      );
    case 'too-many-producers':
      return problem(
        429,
        'Too many producers',
        `The stream remembers ${refusal.producersMax} producers, and none has been silent for long ` +
          'enough to be forgotten. Reuse producer ids.',
      );
    case 'fork-source-not-found':
      return problem(404, 'Fork source not found', 'There is no stream at Stream-Forked-From.');
    case 'fork-source-gone':
      return problem(409, 'Fork source gone', 'The stream at Stream-Forked-From was deleted.');
    case 'fork-offset-invalid':
      return problem(400, 'Invalid fork offset', `Stream-Fork-Offset ${refusal.reason}.`);
    case 'fork-sub-offset-invalid':
      return problem(400, 'Invalid fork sub-offset', `Stream-Fork-Sub-Offset ${refusal.reason}.`);
    case 'fork-too-deep':
      return problem(
        400,
        'Fork too deep',
        `A fork is at most ${refusal.depthMax} forks away from its first source.`,
      );
    case 'offset-trimmed':
      return problem(
        410,
        'Offset no longer held',
        'What was at this offset has been dropped; go on from the earliest one.',
        ['Stream-Next-Offset', formatOffset(refusal.earliest)],
      );
    case 'stream-read-only':
      return problem(409, 'Stream takes nothing', READ_ONLY[refusal.why]);
    case 'stream-full':
      return problem(
        409,
        'Stream full',
        `The stream is at its limit of ${refusal.max} (${refusal.limit}) and discards what is new.`,
      );
    case 'overloaded':
      return problem(503, 'Overloaded', 'Too much waits to be stored; try again shortly.', [
        'Retry-After',
        RETRY_AFTER_SECONDS,
      ]);
    case 'too-many-live-readers':
      return problem(
        503,
        'Too many live readers',
        `The server follows for ${refusal.liveReadersMax} readers at most; try again shortly.`,
        ['Retry-After', RETRY_AFTER_SECONDS],
      );
    case 'storage-full':
      return problem(507, 'Storage full', 'There is no space left; nothing was stored.');
    case 'storage-failed':
      return problem(503, 'Storage failed', 'Storing failed; the server is about to restart.', [
        'Retry-After',
        RETRY_AFTER_SECONDS,
      ]);
    case 'data-corrupt':
      return problem(
        500,
        'Data corrupt',
        'Stored bytes do not match their checksum, and are not given out. Other streams are well.',
      );
    case 'shutting-down':
      return problem(503, 'Shutting down', 'The server is stopping; try again shortly.', [
        'Retry-After',
        RETRY_AFTER_SECONDS,
        'Connection',
        'close',
      ]);
  }
}

/** A refusal as it is sent. */
export interface RenderedRefusal {
  readonly status: number;
  readonly contentType: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** As `application/problem+json`. */
export function renderProblem(refusal: Refusal): RenderedRefusal {
  const { status, title, detail, headers } = toProblem(refusal);
  const type = `urn:millrace:problem:${refusal.code}`;
  const body = JSON.stringify({ type, title, status, detail, code: refusal.code });
  return { status, contentType: 'application/problem+json', headers, body };
}
