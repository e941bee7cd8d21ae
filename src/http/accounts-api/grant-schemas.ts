import Type, { type TSchema } from 'typebox';
import { EXPORT_TYPES, RESPONSE_TYPES } from '../../triggers/trigger.ts';

// What the accounts API takes and answers of exports and imports.

const closed = { additionalProperties: false };
const option = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);
const text = (description: string, maxLength: number) =>
  option(Type.String({ description, maxLength }));

const NAME_LENGTH_MAX = 255;
const TEXT_LENGTH_MAX = 4096;
const ACCOUNTS_MAX = 100;

const accountId = Type.String({ maxLength: 64 });
const type = Type.Enum([...EXPORT_TYPES]);

const described = {
  name: text('For people', NAME_LENGTH_MAX),
  description: text('For people', TEXT_LENGTH_MAX),
  allow_trace: option(Type.Boolean({ description: 'Requests may be traced through it' })),
};

const exportDetails = {
  ...described,
  info_url: text('Where there is more about it', TEXT_LENGTH_MAX),
  advertise: option(Type.Boolean({ description: 'Those whom it is for may discover it' })),
  response_type: option(Type.Enum([...RESPONSE_TYPES])),
};

const importDetails = { ...described };

const subject = Type.String({
  description: 'In which * and > may stand for tokens, or durable streams as $DS.<bucket>.<stream>',
  maxLength: TEXT_LENGTH_MAX,
  examples: ['orders.>'],
});
const accounts = option(
  Type.Array(accountId, {
    description: 'For whom; left out: for everybody',
    maxItems: ACCOUNTS_MAX,
  }),
);

export const CreateExportRequest = Type.Object(
  { subject, type: option(type), accounts, ...exportDetails },
  { $id: 'CreateExportRequest', ...closed },
);

export const CreateImportRequest = Type.Object(
  {
    account: Type.String({ description: 'Whose triggers may deliver', maxLength: 64 }),
    subject,
    type: option(type),
    ...importDetails,
  },
  { $id: 'CreateImportRequest', ...closed },
);

const terms = {
  id: Type.String(),
  subject: Type.String(),
  type,
  trigger: option(Type.String({ description: 'The trigger that has made it, and ends it' })),
  created: Type.String({ description: 'ISO 8601', format: 'date-time' }),
};

const exported = { ...terms, accounts, ...exportDetails };

const imported = {
  ...terms,
  account: Type.String({ description: 'Whose triggers may deliver' }),
  ...importDetails,
  local_subject: option(Type.String()),
  share: option(Type.Boolean({ description: 'The triggers of any account may deliver there' })),
};

const success = { message: Type.Literal('success') };

export const CreatedExport = Type.Object(
  { ...success, ...exported },
  { $id: 'CreatedExport', ...closed },
);
export const CreatedImport = Type.Object(
  { ...success, ...imported },
  { $id: 'CreatedImport', ...closed },
);

function listOf(each: TSchema, $id: string) {
  const total = Type.Integer({ minimum: 0 });
  const body = Type.Object({ results: Type.Array(each), results_total: total }, closed);
  return Type.Object({ body }, { $id, ...closed });
}

export const ExportList = listOf(Type.Object(exported, closed), 'ExportList');
export const ImportList = listOf(Type.Object(imported, closed), 'ImportList');

export const AdvertisedList = listOf(
  Type.Object(
    {
      account: Type.String({ description: 'Whose it is' }),
      subject: Type.String(),
      type,
      name: option(Type.String()),
      description: option(Type.String()),
      info_url: option(Type.String()),
      response_type: exportDetails.response_type,
    },
    closed,
  ),
  'AdvertisedList',
);

export const AdvertisedQuery = Type.Object({
  account: text('Only those of this account', NAME_LENGTH_MAX),
  limit: option(
    Type.Integer({ description: 'How many at most', minimum: 1, maximum: 1000, default: 100 }),
  ),
  skip: option(Type.Integer({ description: 'How many to pass over', minimum: 0, default: 0 })),
});

const reference = {
  id: option(Type.String({ description: 'The id of the export or import', maxLength: 64 })),
};

export const RemoveGrantQuery = Type.Object(reference);
export const RemoveGrantRequest = Type.Object(reference, { $id: 'RemoveGrantRequest', ...closed });

export const RemovedGrant = Type.Object(
  { ...success, id: Type.String() },
  { $id: 'RemovedGrant', ...closed },
);
