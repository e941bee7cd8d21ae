import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { startMillrace } from '../support/millrace.ts';
import { exchange, RawConnection, requestBytes } from '../support/raw-http.ts';

// A program for a network namespace of its own, started by half-open.test.ts: it takes the loopback
// link down under open connections of every kind and prints what becomes of the server's ends.

const PATH = '/v1/stream/dark';
const LARGE = '/v1/stream/large';

function setLink(state: 'up' | 'down'): void {
  execFileSync('ip', ['link', 'set', 'lo', state]);
}

/** How many connections this process still holds on the port, as the kernel sees it. */
async function connectionsOn(port: number): Promise<number> {
  const table = await readFile('/proc/self/net/tcp', 'utf8');
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').filter((row) => {
    const fields = row.trim().split(/\s+/);
    const LISTENS = '0A';
    // What nobody holds any more has no inode.
    return fields[1]?.endsWith(local) === true && fields[3] !== LISTENS && fields[9] !== '0';
  }).length;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

setLink('up');
const { port } = await startMillrace({
  memory: true,
  sseKeepAliveMs: 100,
  sseDurationMs: 1000,
  longPollTimeoutMs: 1000,
  keepAliveTimeoutMs: 500,
  requestTimeoutMs: 1000,
});
for (const [target, bytes] of [
  [PATH, 1],
  [LARGE, 16_000_000],
] as const) {
  const fields = ['Content-Type: text/plain'];
  await exchange(port, { method: 'PUT', target, fields, body: Buffer.alloc(bytes, 'x') });
}
await until(async () => (await connectionsOn(port)) === 0);

/** Asks for something; unread, it fills the window between both ends. */
async function ask(bytes: Buffer, isUnread = false): Promise<void> {
  const connection = await RawConnection.open(port);
  if (isUnread) connection.socket.pause();
  await connection.sendAll(bytes);
}

for (let time = 0; time < 3; time += 1) {
  await ask(requestBytes({ target: `${PATH}?offset=now&live=sse` }));
  await ask(requestBytes({ target: `${PATH}?offset=now&live=long-poll` }));
  await ask(requestBytes({ target: LARGE }), true);
  // Half a request.
  await ask(requestBytes({ target: PATH }).subarray(0, 20));
}
process.stdout.write(`connected ${await connectionsOn(port)}\n`);
setLink('down');
process.stdout.write('link down\n');
await until(async () => (await connectionsOn(port)) === 0);
process.stdout.write('connected 0\n');
setLink('up');
process.stdout.write('link up\n');
const { status } = await exchange(port, { target: PATH });
process.stdout.write(status === 200 ? 'serves again\n' : `answers ${status}\n`);
process.exit();
