import { Type } from 'typebox';

const STATES = ['active', 'waiting', 'paused', 'blocked', 'completed', 'failed'];

/** What a stream trigger does. */
export const TriggerStatus = Type.Object(
  {
    state: Type.String({
      enum: STATES,
      description:
        'waiting is tried again by itself; blocked, paused and failed need somebody to do something.',
    }),
    reason: Type.Union([Type.String(), Type.Null()], {
      description: 'What it stands still for; null where it does not, or is paused.',
    }),
    advice: Type.Union([Type.String(), Type.Null()], {
      description: 'What to do about the reason, for people.',
    }),
    since: Type.String({ format: 'date-time', description: 'When it came to this state.' }),
    delivered: Type.Integer({ minimum: 0, description: 'Records that the target has taken.' }),
    filtered: Type.Integer({ minimum: 0, description: 'Records that the filter kept back.' }),
    retried: Type.Integer({ minimum: 0, description: 'Attempts that failed.' }),
    dead_lettered: Type.Integer({ minimum: 0, description: 'Given up, and kept.' }),
    skipped: Type.Integer({ minimum: 0, description: 'Given up, and not kept.' }),
    missed: Type.Integer({ minimum: 0, description: 'Retention took them before they were read.' }),
    lag: Type.Object(
      {
        records: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
        seconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
      },
      {
        description:
          'How many records it is behind, and for how long the first of them has waited. Beyond 1,000 records of a source their number is estimated; null where nobody can know.',
      },
    ),
    last_error: Type.Union(
      [
        Type.Object({
          reason: Type.String({ description: 'As of the state.' }),
          detail: Type.Union([Type.String(), Type.Null()], {
            description: 'What the other side said.',
          }),
          source: Type.String({ description: 'The stream, or the service, of the record.' }),
          position: Type.Integer({ minimum: 0, description: 'Where the record lies in it.' }),
          at: Type.String({ format: 'date-time' }),
        }),
        Type.Null(),
      ],
      { description: 'The last attempt that failed, since the start; it may be over.' },
    ),
    sources: Type.Array(
      Type.Object({
        name: Type.String({ description: 'A stream that it takes from, or the service.' }),
        cursor: Type.Union([Type.Integer(), Type.Null()], {
          description: 'What is read next: a sequence, or a position in bytes.',
        }),
        end: Type.Union([Type.Integer(), Type.Null()], {
          description: 'Where the next record will lie.',
        }),
      }),
    ),
  },
  { $id: 'TriggerStatus' },
);
