// Takes whatever a socket brings for one whole request and answers 204.
import { createServer } from 'node:net';
import { listen } from './listen.ts';

const answer = Buffer.from('HTTP/1.1 204 No Content\r\nStream-Next-Offset: 0\r\n\r\n');

listen(
  createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(answer));
    socket.on('error', () => undefined);
  }),
);
