import { Type } from 'typebox';

const Url = Type.String({ description: 'A URL of HTTP or HTTPS. Records are sent there by POST.' });
const timeout = {
  minimum: 1,
  maximum: 600_000,
  description: 'How long it may take. Default: the server’s own bound.',
};

export const ServiceRequest = Type.Object(
  {
    url: Url,
    timeout_ms: Type.Optional(Type.Integer(timeout)),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Sent along with each call. Their values are shown to nobody.',
      }),
    ),
  },
  { $id: 'ServiceRequest' },
);

const Service = Type.Object(
  {
    subject: Type.String(),
    type: Type.String({
      enum: ['http', 'handler'],
      description: 'An HTTP endpoint, or a function of the program that Millrace is embedded in.',
    }),
    url: Type.Optional(Url),
    timeout_ms: Type.Optional(Type.Integer(timeout)),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Names with masked values.' }),
    ),
  },
  { $id: 'Service' },
);

export const ServiceResponse = Type.Object(
  { body: Service, status_code: Type.Integer() },
  { $id: 'ServiceResponse' },
);

export const ServiceList = Type.Object(
  {
    body: Type.Object({
      results: Type.Array(Service),
      results_total: Type.Integer({ minimum: 0 }),
    }),
    status_code: Type.Integer(),
  },
  { $id: 'ServiceList' },
);

export const ServiceParams = Type.Object({
  subject: Type.String({ description: 'What it answers on: a subject without wildcards.' }),
});
