import { Type } from 'typebox';
import { GATEWAY_METHODS } from '../../triggers/gateway.ts';
import { TIMEOUT_MS_DEFAULT, TIMEOUT_MS_MAX } from '../../triggers/gateway-definition.ts';

const GatewayMapping = Type.Object(
  {
    method: Type.String({
      enum: [...GATEWAY_METHODS],
      description: 'Of the requests; GET stands for HEAD, too.',
    }),
    path: Type.String({
      description: 'Served below /gateway; literal, percent-encoded where it has to be.',
      pattern: '^/',
    }),
    is_public: Type.Optional(
      Type.Boolean({ description: 'Nobody has to show a credential.', default: false }),
    ),
    limit: Type.Optional(
      Type.Object(
        {
          request: Type.Integer({ minimum: 1, description: 'So many requests …' }),
          time: Type.Integer({ minimum: 1, description: '… in so many milliseconds.' }),
        },
        { description: 'Beyond it requests are answered 429.' },
      ),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: TIMEOUT_MS_MAX,
        default: TIMEOUT_MS_DEFAULT,
        description: 'How long a service may take, in milliseconds.',
      }),
    ),
    subject: Type.Optional(
      Type.String({
        description:
          'Whose service is asked, or else where records go: a subject, or a durable stream as $DS.<bucket>.<stream>. Default: gateway.<name>.',
      }),
    ),
  },
  { $id: 'GatewayMapping' },
);

const described = {
  name: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,255}$',
    description: 'Its own among the triggers of its type in the account.',
  }),
  collection: Type.Optional(Type.String({ description: 'What it belongs to.' })),
  description: Type.Optional(Type.String({ description: 'For people.' })),
  gateway_mapping: GatewayMapping,
  trigger_type: Type.String({ enum: ['gateway'] }),
};

export const GatewayTriggerRequest = Type.Object(described, { $id: 'GatewayTriggerRequest' });

/** A gateway trigger as it is shown. */
export const GatewayBody = {
  ...described,
  gateway_mapping_subject: Type.String({ description: 'Where its requests go.' }),
  stream: Type.String({ description: 'Where its configuration is stored.' }),
  subject: Type.String({ description: 'What its configuration is stored on.' }),
  type: Type.String({ description: 'What was done: created.' }),
};

export const GatewayTriggerResponse = Type.Object(
  { body: Type.Object(GatewayBody), status_code: Type.Integer() },
  { $id: 'GatewayTriggerResponse' },
);

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const GatewayStatus = Type.Object(
  {
    state: Type.String({ enum: ['active', 'paused'] }),
    reason: Type.Null(),
    since: Type.String({ format: 'date-time' }),
    requests: count('Of those who may make them, since the start of the server.'),
    limited: count('Of these, refused by the limit.'),
    failed: count('Of these, neither stored nor answered by the service.'),
  },
  { $id: 'GatewayStatus' },
);
