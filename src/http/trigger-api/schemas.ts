import { Type, type TSchema } from 'typebox';
import { ATTEMPTS_DEFAULT, ATTEMPTS_MAX, ERROR_POLICIES } from '../../triggers/on-error.ts';
import {
  CHUNK_SIZE_DEFAULT,
  CHUNK_SIZE_MAX,
  CHUNK_WAIT_MS_DEFAULT,
  CHUNK_WAIT_MS_MAX,
} from '../../triggers/response.ts';
import { EXPORT_TYPES, RESPONSE_TYPES } from '../../triggers/trigger.ts';
import { GatewayBody, GatewayStatus } from './gateway-schemas.ts';
import { TriggerStatus } from './status-schema.ts';

const text = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ description, ...options }));

const flag = (description: string) => Type.Optional(Type.Boolean({ description }));

const endType = (description: string) =>
  Type.Optional(Type.String({ enum: [...EXPORT_TYPES], default: 'stream', description }));

const TriggerSource = Type.Object(
  {
    subject: Type.String({
      description:
        'What it takes: messages on these subjects, where * and > may stand for tokens, or a durable stream as $DS.<bucket>.<stream>.',
    }),
    type: endType('stream: what is in it; service: what it answers.'),
    response_type: Type.Optional(
      Type.String({
        enum: [...RESPONSE_TYPES],
        description:
          'Stream: each record as it comes; Singleton: one record, and it is completed; Chunked: pages. Default: Stream of streams, Singleton of services.',
      }),
    ),
    chunk_size: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: CHUNK_SIZE_MAX,
        default: CHUNK_SIZE_DEFAULT,
        description: 'How many records make a page, where the response type is Chunked.',
      }),
    ),
    chunk_wait_ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: CHUNK_WAIT_MS_MAX,
        default: CHUNK_WAIT_MS_DEFAULT,
        description: 'How long a page waits until it is full, in milliseconds.',
      }),
    ),
    name: text('For people.'),
    description: text('For people.'),
    info_url: text('Where there is more about it.'),
    advertise: flag('Others may discover it.'),
    allow_trace: flag('Requests may be traced through it.'),
  },
  { $id: 'TriggerSource' },
);

const TriggerTarget = Type.Object(
  {
    subject: Type.String({
      description:
        'Where it delivers to: a subject, in which $1 is what the first * of the source stood for, or a durable stream.',
    }),
    account: text('Whose. Default: the own account.'),
    type: endType('stream: records are appended; service: each is a call.'),
    reply_subject: text("Where a service's answers go: one subject, or one durable stream."),
    local_subject: text('The subject that is delivered on instead, within the account.'),
    name: text('For people.'),
    share: flag('The triggers of any account may deliver there too.'),
    allow_trace: flag('Requests may be traced to it.'),
  },
  { $id: 'TriggerTarget' },
);

const beyondThePage = {
  start: Type.Optional(
    Type.Union([Type.String(), Type.Integer({ minimum: 1 })], {
      description: '"new" (default), "all", a sequence, or a time.',
      default: 'new',
    }),
  ),
  on_error: Type.Optional(
    Type.String({
      enum: [...ERROR_POLICIES],
      default: 'block',
      description: 'What becomes of a record that the target does not take.',
    }),
  ),
  max_attempts: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: ATTEMPTS_MAX,
      default: ATTEMPTS_DEFAULT,
      description: 'How often a record is tried before it is given up.',
    }),
  ),
  filter: Type.Optional(
    Type.Unknown({
      description:
        'Which records go on: a test of a value of the body, of the subject, or several under all, any and not.',
      examples: [{ path: '/amount', gte: 100 }],
    }),
  ),
  transform: Type.Optional(
    Type.Object(
      {
        subject: text('Where to, closer than the target says.'),
        body: Type.Optional(
          Type.Unknown({
            description: 'A template of JSON, in which {"$get": "/body/id"} stands for a part.',
            examples: [{ id: { $get: '/body/id' } }],
          }),
        ),
      },
      { description: 'What becomes of a record.' },
    ),
  ),
};

const described = {
  name: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,255}$',
    description: 'Its own among the triggers of its type in the account.',
  }),
  collection: text('What it belongs to.'),
  description: text('For people.'),
  source: TriggerSource,
  target: TriggerTarget,
  ...beyondThePage,
};

export const StreamTriggerRequest = Type.Object(
  { ...described, trigger_type: Type.String({ enum: ['stream'] }) },
  { $id: 'StreamTriggerRequest' },
);

const kept = {
  stream: Type.String({ description: 'Where its configuration is stored.' }),
  subject: Type.String({ description: 'What its configuration is stored on.' }),
  type: Type.String({ description: 'What was done: created.' }),
};

const TriggerBody = { ...described, ...kept, trigger_type: Type.String({ enum: ['stream'] }) };

export const StreamTriggerResponse = Type.Object(
  { body: Type.Object(TriggerBody), status_code: Type.Integer() },
  { $id: 'StreamTriggerResponse' },
);

const SeenTrigger = Type.Union([
  Type.Object({ ...TriggerBody, status: TriggerStatus }),
  Type.Object({ ...GatewayBody, status: GatewayStatus }),
]);

export const TriggerResponse = Type.Object(
  { body: SeenTrigger, status_code: Type.Integer() },
  { $id: 'TriggerResponse' },
);

export const TriggerList = Type.Object(
  {
    body: Type.Object({
      results: Type.Array(Type.Union([Type.Object(TriggerBody), Type.Object(GatewayBody)])),
      results_total: Type.Integer({ minimum: 0 }),
    }),
    metadata: Type.Object({ subject: Type.String() }),
    status_code: Type.Integer(),
  },
  { $id: 'TriggerList' },
);

export const StatusOnly = Type.Object({ status_code: Type.Integer() }, { $id: 'StatusOnly' });

export const TriggerError: TSchema = Type.Object(
  { error: Type.String(), status_code: Type.Integer() },
  { $id: 'TriggerError' },
);

export const TargetHeaders = Type.Object({
  'Target-Authorization': text(
    "Bearer and a token of the target's account, where that is another one and has not consented otherwise.",
  ),
  'X-Target-Api-Key': text('The same as an API key.'),
});

export const TriggerParams = Type.Object({
  trigger_type: Type.String({ description: 'Its type: stream or gateway.' }),
  topic: Type.String({ description: 'Its name.' }),
});

export const TriggerQuery = Type.Object({
  subject_pattern: Type.String({
    description:
      'Matched against ms.trigger.<type>.<name>; * and > stand for tokens. ms.trigger.> lists all.',
    examples: ['ms.trigger.>'],
  }),
});
