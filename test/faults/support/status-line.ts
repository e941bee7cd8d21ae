import { connect } from 'node:net';
import { requestBytes, type RawRequest } from '../../support/raw-http.ts';
import type { Mortal } from './mortal.ts';

const STATUS = /^HTTP\/1\.1 (\d{3})/;

/** Sends a request, kills the server the moment its status line is here, and says the status. */
export async function killAtStatusLine(server: Mortal, request: RawRequest): Promise<number> {
  const { port, process } = server.server;
  const status = await new Promise<number>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const match = STATUS.exec(answer);
      if (match === null) return;
      process.kill('SIGKILL');
      resolve(Number(match[1]));
    });
    // After the kill, an end of any kind is expected; before it, it says that no answer comes.
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error('the server ended the connection without an answer'));
    });
    socket.write(requestBytes(request));
  });
  await server.die();
  return status;
}

/** The same for a request with a body of JSON. */
export function killWhenTold(
  server: Mortal,
  method: string,
  target: string,
  body?: unknown,
  fields: readonly string[] = [],
): Promise<number> {
  return killAtStatusLine(server, {
    method,
    target,
    fields: ['Content-Type: application/json', ...fields],
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
