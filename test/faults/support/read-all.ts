import type { HttpClient } from '../../support/http/client.ts';

/** Everything a stream holds, page after page. */
export async function readAll(client: HttpClient, path: string): Promise<string> {
  const pieces: Buffer[] = [];
  for (let offset = '-1'; ;) {
    const answer = await client.get(`${path}?offset=${offset}`);
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.verdict}`);
    pieces.push(answer.body);
    if (answer.header('stream-up-to-date') === 'true') return Buffer.concat(pieces).toString();
    offset = answer.offset;
  }
}
