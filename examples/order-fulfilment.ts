// Orders that are published over HTTP, and two triggers that carry the large ones on.
//
//   npx tsx examples/order-fulfilment.ts
//
//   orders ──▶ of 100 or more ──▶ a durable stream, tailed here
//                            └──▶ a webhook, received here, that fails every third request
//
// The server has to be allowed to call this machine: npm start -- --services-allow-loopback
import { createPublicKey, randomUUID, verify, type JsonWebKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { createFetchWithBackoff, DurableStream, type Offset } from '@durable-streams/client';

interface Order {
  readonly order: number;
  readonly amount: number;
}

const AMOUNTS = [120, 40, 300, 99, 100, 75, 250, 60, 180, 500];
const AMOUNT_MIN = 100;
const SIGNATURE_AGE_MAX_SECONDS = 300;

const server = process.env['MILLRACE_URL'] ?? 'http://127.0.0.1:4437';
const run = randomUUID().slice(0, 8);
const shop = `shop-${run}`;
const orders = AMOUNTS.map((amount, index): Order => ({ order: index + 1, amount }));
const largeOrders = orders.filter(({ amount }) => amount >= AMOUNT_MIN).length;
const insist = createFetchWithBackoff(fetch);

/** Asks until it is answered; what is refused ends the program. */
async function ask(method: string, path: string, given?: unknown, headers = {}): Promise<void> {
  const asked = { method, headers: { 'Content-Type': 'application/json', ...headers } };
  const body = given === undefined ? {} : { body: JSON.stringify(given) };
  await insist(server + path, { ...asked, ...body });
}

async function publish(): Promise<void> {
  for (const each of orders) {
    const subject = `${shop}.${each.order % 2 === 0 ? 'eu' : 'us'}.placed`;
    const message = { stream: shop, subject, body: each };
    // A request that has to be repeated is stored once.
    await ask('POST', `/storage/streams/${shop}/messages`, message, {
      'Msg-Id': `order-${each.order}`,
    });
    console.log(`published ${JSON.stringify(each)}`);
  }
}

/** Until all large orders have come, however often the connection is lost. */
async function tail(stream: DurableStream): Promise<void> {
  let offset: Offset = '-1';
  for (let seen = 0; seen < largeOrders;) {
    const connection = await stream.stream<Order>({ offset, live: 'sse' });
    const leave = connection.subscribeJson((batch) => {
      for (const each of batch.items) console.log(`streamed ${JSON.stringify(each)}`);
      seen += batch.items.length;
      offset = batch.offset;
      if (seen >= largeOrders) connection.cancel();
    });
    await connection.closed.catch(() => undefined);
    leave();
  }
}

function isKeySet(given: unknown): given is { readonly keys: readonly JsonWebKey[] } {
  return typeof given === 'object' && given !== null && 'keys' in given;
}

/** Whether the server has signed this body, and not long ago. */
async function isGenuine(header: string, body: string): Promise<boolean> {
  const [, seconds = '', kid, signature = ''] =
    /^t=(\d+),kid=([^,]+),ed25519=([^,]+)$/.exec(header) ?? [];
  if (Math.abs(Date.now() / 1000 - Number(seconds)) > SIGNATURE_AGE_MAX_SECONDS) return false;
  const published: unknown = await (await insist(`${server}/.well-known/jwks.json`)).json();
  const key = isKeySet(published) ? published.keys.find((each) => each['kid'] === kid) : undefined;
  if (key === undefined) return false;
  const signed = Buffer.from(`${seconds}.${body}`);
  const publicKey = createPublicKey({ key, format: 'jwk' });
  return verify(null, signed, publicKey, Buffer.from(signature, 'base64url'));
}

/** A webhook, and the promise that it has taken all large orders. */
async function receive() {
  // A record whose answer was lost is sent again, under the id it had: it is known by that.
  const taken = new Set<string>();
  let requests = 0;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const statusFor = async (headers: IncomingHttpHeaders, body: string): Promise<number> => {
    if (!(await isGenuine(String(headers['webhook-signature']), body))) return 401;
    requests += 1;
    const id = String(headers['webhook-id']);
    const attempt = `${body} as ${id}, attempt ${String(headers['webhook-attempt'])}`;
    if (requests % 3 === 0) {
      console.log(`failed ${attempt}`);
      return 503;
    }
    if (!taken.has(id)) console.log(`received ${attempt}`);
    taken.add(id);
    if (taken.size >= largeOrders) finish();
    return 200;
  };
  const receiver = createServer((request, response) => {
    text(request)
      .then((body) => statusFor(request.headers, body))
      .then(
        (status) => response.writeHead(status).end(),
        () => response.destroy(),
      );
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return { receiver, url: `http://127.0.0.1:${address.port}`, finished };
}

/** What is not signed by the server is refused, whoever sends it. */
async function forge(url: string): Promise<void> {
  const headers = {
    'webhook-id': 'forged',
    'webhook-signature': `t=${Math.floor(Date.now() / 1000)},kid=mine,ed25519=AAAA`,
  };
  const { status } = await fetch(url, { method: 'POST', headers, body: '{"order":0}' });
  console.log(`forged, and answered ${status}`);
}

const { receiver, url, finished } = await receive();
await ask('PUT', `/storage/streams/${shop}`, { subjects: [`${shop}.>`] });
const large = await DurableStream.create({
  url: `${server}/demo/large-orders-${run}`,
  contentType: 'application/json',
});
await ask('PUT', `/trigger/services/warehouse-${run}`, { url });

const carried = { trigger_type: 'stream', filter: { path: '/amount', gte: AMOUNT_MIN } };
const source = { subject: `${shop}.*.placed` };
const targets = {
  [`to-stream-${run}`]: { subject: `$DS.demo.large-orders-${run}` },
  [`to-webhook-${run}`]: { subject: `warehouse-${run}`, type: 'service' },
};
for (const [name, target] of Object.entries(targets)) {
  await ask('POST', '/trigger/stream', { name, ...carried, source, target });
}

await forge(url);
await Promise.all([publish(), tail(large), finished]);

for (const name of Object.keys(targets)) await ask('DELETE', `/trigger/triggers/stream/${name}`);
await ask('DELETE', `/trigger/services/warehouse-${run}`);
receiver.close();
receiver.closeIdleConnections();
console.log(`all is in ${large.url}`);
