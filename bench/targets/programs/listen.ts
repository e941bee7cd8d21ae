import type { Server } from 'node:net';
import { endWithParent, say } from '../../load/program.ts';

/** Listens on any free port, says which, and ends with the benchmark. */
export function listen(server: Server): void {
  endWithParent();
  // Node's own queue of 511 is less than the sockets the fan-out opens.
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port to listen on');
    say(`http://127.0.0.1:${address.port}`);
  });
}
