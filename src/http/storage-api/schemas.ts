import Type, { type Static } from 'typebox';

// The schemas of the storage API: what they say is checked, and is what `/openapi.json` shows.

/** Far beyond any stream, and exact as a JSON number everywhere. */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
/** What fits 64 bits, as durations do elsewhere: 292 years. A double holds it to the microsecond. */
const NANOSECONDS_MAX = 9_223_372_036_854_000_000;

const count = (description: string): Type.TInteger =>
  Type.Integer({ description, minimum: 1, maximum: INTEGER_MAX });
const nanoseconds = (description: string): Type.TInteger =>
  Type.Integer({ description, minimum: 1, maximum: NANOSECONDS_MAX });
// Halves of surrogate pairs, which UTF-8 does not know, are kept out.
const words = (description: string): Type.TString =>
  Type.String({ description, maxLength: 4096, pattern: '^\\P{Cs}*$' });
const pattern = (description: string): Type.TString =>
  Type.String({ description, minLength: 1, maxLength: 1024 });
const option = Type.Optional;

export const StreamNameSchema = Type.String({
  description: 'Name of the stream',
  minLength: 1,
  maxLength: 255,
  pattern: '^[A-Za-z0-9_-]+$',
});

export const OriginSchema = Type.Object(
  {
    name: StreamNameSchema,
    filter_subject: option(pattern('Takes only messages on subjects that this matches')),
    opt_start_seq: option(count('Begins at this sequence of the origin, the first time')),
    opt_start_time: option(
      Type.String({
        description: 'Begins at this time (RFC 3339), the first time',
        maxLength: 64,
        pattern:
          '^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$',
      }),
    ),
  },
  { $id: 'Origin', description: 'A stream of the same account that messages are copied from' },
);

const settings = {
  description: option(words('Description of the stream')),
  metadata: option(
    Type.Unsafe<Record<string, string>>({
      description: 'Texts of your own, kept with the stream',
      type: 'object',
      maxProperties: 64,
      additionalProperties: { type: 'string', maxLength: 1024, pattern: '^\\P{Cs}*$' },
    }),
  ),
  subjects: option(
    Type.Array(pattern('A subject, or a pattern with * and >'), {
      description: 'What the stream captures; the name of the stream when left out at creation',
      maxItems: 256,
    }),
  ),
  retention: option(
    Type.Enum(['Limits', 'limits'], {
      description: 'Fixed: messages are kept within the limits and not otherwise removed',
    }),
  ),
  max_consumers: option(count('Kept with the stream; this server has no consumers')),
  max_msgs: option(count('Maximum number of messages')),
  max_bytes: option(count('Maximum size in bytes, of subjects and bodies')),
  max_age: option(nanoseconds('Maximum age of a message in nanoseconds')),
  discard: option(
    Type.Enum([0, 1, 'old', 'new'], {
      description: 'At a limit: 0 or "old" drops the oldest messages, 1 or "new" refuses new ones',
    }),
  ),
  max_msgs_per_subject: option(count('Maximum number of messages on one subject')),
  max_msg_size: option(count('Maximum size of the body of one message in bytes')),
  storage: option(
    Type.Enum(['file', 'memory'], {
      description: 'Fixed at creation. A restart leaves of a "memory" stream no message',
    }),
  ),
  num_replicas: option(count('Number of copies; this engine keeps 1')),
  duplicate_window: option(
    nanoseconds('For how long a Msg-Id is remembered, in nanoseconds; 2 minutes by default'),
  ),
  mirror: option(OriginSchema),
  sources: option(
    Type.Array(OriginSchema, { description: 'Streams that messages are taken from', maxItems: 64 }),
  ),
  sealed: option(
    Type.Boolean({ description: 'Nothing may change any more; cannot be taken back' }),
  ),
  deny_delete: option(
    Type.Boolean({ description: 'Messages cannot be deleted; cannot be taken back' }),
  ),
  deny_purge: option(
    Type.Boolean({ description: 'The stream cannot be purged; cannot be taken back' }),
  ),
};

export const UpdateStreamRequest = Type.Object(
  {
    ...settings,
    name: option(Type.String({ description: 'The same name as in the path, or left out' })),
    description: option(words('Updated description of the stream')),
    max_msgs: option(count('Updated maximum number of messages')),
    max_bytes: option(count('Updated maximum size in bytes')),
    max_msg_size: option(count('Updated maximum message size in bytes')),
  },
  { $id: 'UpdateStreamRequest' },
);

export const CreateStreamRequest = Type.Object(
  { name: StreamNameSchema, ...settings },
  { $id: 'CreateStreamRequest' },
);

export type StreamSettings = Omit<Static<typeof CreateStreamRequest>, 'name'>;
export type OriginSettings = Static<typeof OriginSchema>;

export const NameParams = Type.Object({ name: StreamNameSchema });
export const MessageParams = Type.Object({
  name: StreamNameSchema,
  seq: count('Sequence of the message'),
});

export const DeleteQuery = Type.Object({
  sequences: Type.Array(count('A sequence'), {
    description:
      'Sequences between commas, such as 1,2,3; those that are not there are passed over',
    examples: [[1, 2, 3]],
    minItems: 1,
    maxItems: 10_000,
  }),
});

export const SearchQuery = Type.Object({
  search: pattern('A subject, or a pattern: * stands for one token, > for one or more at the end'),
  limit: option(
    Type.Integer({ description: 'How many at most', minimum: 1, maximum: 1000, default: 10 }),
  ),
  start_seq: option(count('Only messages from this sequence on')),
});

export const PurgeRequest = Type.Object(
  {
    keep: option(count('How many of the newest messages stay; excludes up_to_sequence')),
    up_to_sequence: option(count('Messages before this sequence go; excludes keep')),
    subject: option(pattern('Only messages on subjects that this matches')),
  },
  { $id: 'PurgeRequest' },
);

const anyJson = Type.Unsafe<unknown>({ description: 'Any JSON value, stored as it was written' });
const subject = Type.String({
  description: 'A subject without wildcards that the stream captures',
  minLength: 1,
  maxLength: 1024,
});
const streamOfPath = Type.String({ description: 'The name in the path' });

export const PublishRequest = Type.Unsafe<unknown>({
  $id: 'PublishRequest',
  anyOf: [
    Type.Object({ stream: streamOfPath, subject, body: anyJson }, { title: 'One message' }),
    Type.Object(
      {
        stream: option(streamOfPath),
        messages: Type.Array(
          Type.Object({ stream: option(streamOfPath), subject, body: anyJson }),
          {
            description: 'All of them are stored, or none',
            minItems: 1,
          },
        ),
      },
      { title: 'A batch' },
    ),
  ],
});

export const PublishHeaders = Type.Object({
  'Msg-Id': option(
    Type.String({
      description: 'The same id within duplicate_window stores nothing again',
      minLength: 1,
      maxLength: 255,
      pattern: '^[ -~]+$',
    }),
  ),
  'Expected-Last-Seq': option(
    Type.Integer({ description: 'Refused unless the last sequence is this', minimum: 0 }),
  ),
  'Expected-Last-Subject-Seq': option(
    Type.Integer({
      description: 'Refused unless the last sequence of the subject is this; 0: it has none',
      minimum: 0,
    }),
  ),
});
