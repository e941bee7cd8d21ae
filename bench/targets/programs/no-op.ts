import { createServer } from 'node:http';
import { listen } from './listen.ts';

listen(
  createServer((_request, response) => {
    response.writeHead(204);
    response.end();
  }),
);
