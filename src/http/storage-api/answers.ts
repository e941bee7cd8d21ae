import Type from 'typebox';

// The bodies of the storage API's answers.

export const SuccessMessage = Type.Object(
  { message: Type.Optional(Type.String({ examples: ['success'] })) },
  { $id: 'SuccessMessage' },
);

export const PublishAnswer = Type.Object(
  {
    message: Type.Literal('success'),
    stream: Type.String(),
    seq: Type.Integer({ description: 'Of the message; of the last one of a batch', minimum: 1 }),
    first_seq: Type.Optional(Type.Integer({ description: 'Of the first of a batch', minimum: 1 })),
    duplicate: Type.Optional(
      Type.Boolean({ description: 'The Msg-Id was known; seq is of then, and nothing was stored' }),
    ),
  },
  { $id: 'PublishAnswer', additionalProperties: false },
);

export const ErrorResponse = Type.Object(
  {
    error: Type.String({ description: 'Error code, to decide on' }),
    message: Type.Optional(
      Type.String({ description: 'What was wrong and what to do, for people' }),
    ),
  },
  { $id: 'ErrorResponse', additionalProperties: false },
);

const time = Type.String({ description: 'ISO 8601', format: 'date-time' });
const limit = Type.Integer({ description: '-1: no limit', minimum: -1 });
const tally = Type.Integer({ minimum: 0 });
const metadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: { type: 'string' },
});
const closed = { additionalProperties: false };
const orNull = <Schema extends Type.TSchema>(schema: Schema): Type.TUnion<[Schema, Type.TNull]> =>
  Type.Union([schema, Type.Null()]);
const duration = Type.Number({ description: 'Milliseconds', minimum: 0 });

export const StreamList = Type.Object(
  {
    body: Type.Object(
      {
        results: Type.Array(
          Type.Object(
            {
              name: Type.String(),
              subjects: Type.Array(Type.String()),
              description: Type.String(),
              metadata,
              created: time,
              messages_total: tally,
            },
            closed,
          ),
        ),
        results_total: tally,
      },
      closed,
    ),
    metadata: Type.Object({ duration }, closed),
  },
  { $id: 'StreamList', ...closed },
);

const origin = Type.Object(
  {
    name: Type.String(),
    filter_subject: Type.Optional(Type.String()),
    opt_start_seq: Type.Optional(Type.Integer({ minimum: 1 })),
    opt_start_time: Type.Optional(time),
  },
  closed,
);

export const StreamConfig = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    metadata,
    subjects: Type.Array(Type.String()),
    retention: Type.Literal('Limits'),
    max_consumers: limit,
    max_msgs: limit,
    max_bytes: limit,
    max_age: limit,
    discard: Type.Enum(['old', 'new']),
    max_msgs_per_subject: limit,
    max_msg_size: limit,
    storage: Type.Enum(['file', 'memory']),
    num_replicas: Type.Integer({ minimum: 1 }),
    duplicate_window: Type.Integer({ minimum: 1 }),
    mirror: orNull(origin),
    sources: Type.Array(origin),
    sealed: Type.Boolean(),
    deny_delete: Type.Boolean(),
    deny_purge: Type.Boolean(),
  },
  { $id: 'StreamConfig', ...closed },
);

const StreamState = Type.Object(
  {
    messages: tally,
    bytes: tally,
    first_seq: tally,
    first_ts: orNull(time),
    last_seq: tally,
    last_ts: orNull(time),
    consumer_count: tally,
    num_subjects: tally,
    num_deleted: tally,
  },
  { $id: 'StreamState', ...closed },
);

export const StreamInfo = Type.Object(
  {
    body: Type.Object({ config: StreamConfig, state: StreamState, created: time }, closed),
  },
  { $id: 'StreamInfo', ...closed },
);

const found = {
  subject: Type.String(),
  value: Type.String({ description: 'The body as JSON text' }),
  created: time,
};

export const SearchAnswer = Type.Object(
  {
    body: Type.Object(
      { results: Type.Array(Type.Object(found, closed)), results_total: tally },
      closed,
    ),
    metadata: Type.Object(
      { stream: Type.String(), search: Type.String(), hits: tally, duration },
      closed,
    ),
  },
  { $id: 'SearchAnswer', ...closed },
);

export const MessageAnswer = Type.Object(
  {
    body: Type.Object({ seq: Type.Integer({ minimum: 1 }), ...found }, closed),
    metadata: Type.Object({ stream: Type.String(), duration }, closed),
  },
  { $id: 'MessageAnswer', ...closed },
);
