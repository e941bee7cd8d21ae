// Answers each stream's whole content from memory, whatever the offset.
import { createServer } from 'node:http';
import { streamContent } from '../../load/content.ts';
import { listen } from './listen.ts';

const contents = new Map<number, Buffer>();

listen(
  createServer((request, response) => {
    const stream = Number(/-(\d+)\?/.exec(request.url ?? '')?.[1]);
    const content = contents.get(stream) ?? streamContent(stream);
    contents.set(stream, content);
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': content.length,
      'Stream-Next-Offset': '0',
      'Stream-Up-To-Date': 'true',
    });
    response.end(content);
  }),
);
