/** Requests that work as they are written, one after another. */
export const UPDATE_EXAMPLES = {
  update_description: {
    summary: 'Update stream description',
    value: { description: 'Updated description for the user events stream' },
  },
  update_limits: {
    summary: 'Update stream limits',
    value: { max_msgs: 2_000_000, max_bytes: 209_715_200, max_msg_size: 131_072 },
  },
  full_update: {
    summary: 'Full stream configuration update',
    value: {
      description: 'High-capacity event stream',
      max_msgs: 10_000_000,
      max_bytes: 1_073_741_824,
      max_msg_size: 262_144,
    },
  },
} as const;

export const PUBLISH_EXAMPLES = {
  one: {
    summary: 'One message',
    value: { stream: 'orders', subject: 'orders.eu.created', body: { id: 1 } },
  },
  batch: {
    summary: 'Several, all or none',
    value: {
      messages: [
        { subject: 'orders.eu.created', body: { id: 2 } },
        { subject: 'orders.eu.paid', body: { id: 2 } },
      ],
    },
  },
} as const;
