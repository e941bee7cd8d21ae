import Type from 'typebox';

// What the accounts API takes and answers.

const closed = { additionalProperties: false };
const time = Type.String({ description: 'ISO 8601', format: 'date-time' });
const timeOrNull = Type.Union([time, Type.Null()]);

export const CreateKeyRequest = Type.Object(
  {
    key_name: Type.String({
      description: 'What people know the key by',
      minLength: 1,
      maxLength: 128,
      examples: ['laptop'],
    }),
    expires_on: Type.Optional(
      Type.String({
        description: 'When the key ends (RFC 3339); left out, it ends when it is revoked',
        maxLength: 64,
        examples: ['2030-01-31T12:00:00Z'],
      }),
    ),
    scope: Type.Optional(
      Type.String({
        description: 'What the key may do; left out, all but accounts:admin',
        maxLength: 4096,
        examples: ['streams:read streams:write:demo/chat-*'],
      }),
    ),
  },
  { $id: 'CreateKeyRequest', ...closed },
);

const reference = {
  id: Type.Optional(Type.String({ description: 'The id of the key', maxLength: 64 })),
  key: Type.Optional(Type.String({ description: 'The key itself', maxLength: 64 })),
};

export const RevokeKeyQuery = Type.Object(reference);
export const RevokeKeyRequest = Type.Object(reference, { $id: 'RevokeKeyRequest', ...closed });

const described = {
  id: Type.String(),
  name: Type.String(),
  last_four: Type.String({ description: 'The last four characters of the key' }),
  created: time,
  expires: timeOrNull,
  scope: Type.String(),
};

export const CreatedKey = Type.Object(
  {
    message: Type.Literal('success'),
    key: Type.String({ description: 'The key, shown this once' }),
    ...described,
  },
  { $id: 'CreatedKey', ...closed },
);

export const KeyList = Type.Object(
  {
    body: Type.Object(
      {
        results: Type.Array(Type.Object(described, closed)),
        results_total: Type.Integer({ minimum: 0 }),
      },
      closed,
    ),
  },
  { $id: 'KeyList', ...closed },
);

export const RevokedKey = Type.Object(
  { message: Type.Literal('success'), id: Type.String() },
  { $id: 'RevokedKey', ...closed },
);
