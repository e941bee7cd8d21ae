import { createServer } from 'node:http';
import { listen } from './listen.ts';

listen(
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204);
      response.end();
    });
  }),
);
