// Every POST goes to every open GET, encoded once and written past node:http to the sockets.
import { createServer, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { listen } from './listen.ts';

const control =
  'event: control\ndata: {"streamNextOffset":"0","streamCursor":"0","upToDate":true}\n\n';
const readers = new Set<Socket>();

listen(
  createServer((request, response) => {
    if (request.method === 'GET') {
      open(response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = frame(Buffer.concat(chunks).toString());
      for (const socket of readers) socket.write(event);
      response.writeHead(204);
      response.end();
    });
  }),
);

function open(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.write(control);
  const { socket } = response;
  if (socket === null) return;
  readers.add(socket);
  socket.on('close', () => readers.delete(socket));
}

function frame(body: string): Buffer {
  const event = `event: data\ndata: ${body}\n\n${control}`;
  return Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`, 'latin1');
}
