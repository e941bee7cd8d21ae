import { DurableStreamTestServer, FileBackedStreamStore } from '@durable-streams/server';
import { endWithParent, Flags, say } from '../../load/program.ts';

endWithParent();
const dataDir = new Flags().text('data-dir');
const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1' });
if (dataDir !== '') {
  // By default it keeps 100 files open; with more streams than that being written it closes files
  // under appends and answers them 404. It has no option for more, only its store has.
  const store = new FileBackedStreamStore({ dataDir, maxFileHandles: 4096 });
  Object.defineProperty(server, 'store', { value: store });
}
say(await server.start());
