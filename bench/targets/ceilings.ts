import { startProgram } from './program.ts';
import type { Target } from './target.ts';

/** What the runtime allows when no work is done: each bounds one measure from above. */
export const ceilings: readonly Target[] = [
  {
    name: 'raw-socket',
    about: 'a canned 204 on a bare socket, HTTP not parsed: the ceiling of the load generator',
    ceiling: true,
    comparisons: ['appends', 'latency'],
    start: (workspace) => startProgram(workspace, 'raw-socket.ts'),
  },
  {
    name: 'no-op',
    about: 'node:http that answers 204 at once: the no-op ceiling',
    ceiling: true,
    comparisons: ['appends', 'latency', 'publish', 'publish-batch'],
    start: (workspace) => startProgram(workspace, 'no-op.ts'),
  },
  {
    name: 'no-op-body',
    about: 'node:http that reads the body, then answers 204',
    ceiling: true,
    comparisons: ['appends', 'latency', 'batches'],
    start: (workspace) => startProgram(workspace, 'no-op-body.ts'),
  },
  {
    name: 'bare-fan-out',
    about: 'node:http that writes one buffer to every open socket',
    ceiling: true,
    comparisons: ['fan-out'],
    start: (workspace) => startProgram(workspace, 'bare-fan-out.ts'),
  },
  {
    name: 'bare-catch-up',
    about: 'node:http that answers with the same bytes from memory',
    ceiling: true,
    comparisons: ['catch-up'],
    start: (workspace) => startProgram(workspace, 'bare-catch-up.ts'),
  },
];
