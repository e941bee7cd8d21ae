import { describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { createServer, type HandlerRegistration } from '../../../src/index.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';
import { Relaying } from './relay.ts';

async function* ticking() {
  for (const word of ['one ', 'two ', 'three']) yield await Promise.resolve(word);
}

const SERVICES: readonly HandlerRegistration[] = [
  {
    subject: 'greetings',
    handle: ({ body, headers }) => ({ body: { to: body.toString(), as: headers['content-type'] } }),
  },
  { subject: 'ticks', handle: () => ({ body: ticking() }) },
  {
    subject: 'pages',
    handle: ({ page }) => {
      const number = Number(page?.searchParams.get('page') ?? 1);
      const links = number < 2 ? { Link: `<?page=${number + 1}>; rel="next"` } : {};
      return { headers: links, body: `page ${number}` };
    },
  },
  {
    subject: 'broken',
    handle: () => {
      throw new Error('of mine');
    },
  },
];

describe('services of the program around the server', () => {
  const api = new TriggerApiClient(new StorageApiClient('memory', { services: SERVICES }));
  const relaying = new Relaying(api);

  test('answer requests on their subjects', async () => {
    const answer = await relaying.post('greetings', 'ann');
    expect(answer.json).toEqual({ to: 'ann', as: 'text/plain' });
    expect(answer.header('content-type')).toBe('application/json');
    const broken = await relaying.post('broken');
    expect([broken.status, broken.text.includes('of mine')]).toEqual([500, false]);
  });

  test('answer through triggers, in parts and in pages', async () => {
    const ticks = await relaying.trigger('ticks', 'Stream');
    expect((await relaying.post(ticks.subject)).text).toBe('one two three');
    const pages = await relaying.trigger('pages', 'Chunked');
    const first = await relaying.post(pages.subject);
    const path = /^<([^>]+)>/.exec(first.header('link') ?? '')?.[1] ?? '';
    const second = await api.storage.served.send('POST', path);
    expect([first.text, second.text]).toEqual(['page 1', 'page 2']);
    expect(second.header('link')).toBeUndefined();
  });
});

test.each<[string, readonly HandlerRegistration[]]>([
  ['two on a subject', [SERVICES[0], SERVICES[0]].flatMap((each) => each ?? [])],
  ['one on no subject', [{ subject: 'a.*', handle: () => undefined }]],
  ['one of no account', [{ account: '', subject: 'a', handle: () => undefined }]],
])('a server is not made with %s', async (_name, services) => {
  const logger = pino({ level: 'silent' });
  await expect(createServer({ memory: true, logger, services })).rejects.toThrow(
    /subject|on "|acc/,
  );
});
