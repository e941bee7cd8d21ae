import { HttpClient } from '../../support/http/client.ts';
import { Mortal } from '../support/mortal.ts';
import { FORMATS, offsetOf, told } from './format.ts';
import { Gate } from './gate.ts';
import type { Ledger } from './ledger.ts';
import { Creator, Name, NameReader } from './lives.ts';
import { ManagedReader, ManagedStream } from './managed.ts';
import { Pool } from './pool.ts';
import { Random } from '../../support/random.ts';
import { pageOf, PageReader, SseClient } from './readers.ts';
import { Violation } from './violation.ts';
import { IdempotentWriter, Keeper, PlainWriter, type Client } from './writers.ts';

// Small segments, checkpoints all the time and a cache that forgets: a kill may come between any
// two steps of everything that the engine does in the background.
const FLAGS = [
  ...['--wal-segment-bytes', '131072', '--checkpoint-interval-ms', '40'],
  ...['--idle-streams-max', '4', '--page-bytes', '65536', '--long-poll-timeout-ms', '200'],
];

/** How much is done at most between two kills. */
const STEPS_MAX = 1500;
const CREATORS = 3;
const MANAGED = 4;
const DELETED_CHECKED = 20;

export interface KillLoopOptions {
  readonly dataDir: string;
  readonly seed: number;
  readonly rounds: number;
  readonly onRound?: (round: number, report: Report) => void;
}

/** What has been done so far. */
export interface Report {
  readonly kills: number;
  readonly requests: number;
}

/**
 * Starts the server, lets 20 writers and 20 readers at it, and more at managed streams, kills it at some moment, starts it again
 * and looks at everything; again and again. Throws a `Violation` when a promise was broken.
 */
export async function killLoop(options: KillLoopOptions): Promise<Report> {
  const { dataDir, seed, rounds } = options;
  const random = new Random(seed);
  const server = new Mortal(dataDir, { flags: FLAGS });
  const gate = new Gate();
  const cast = castOf(server, random);
  const lives = cast.clients.map((client) => gate.live(() => client.step()));
  let kills = 0;
  try {
    await server.start();
    while (await cast.pool.tend(cast.client));
    for (let round = 1; round <= rounds; round += 1) {
      gate.open();
      await gate.count(random.between(1, STEPS_MAX));
      gate.close();
      await server.die();
      await gate.empty();
      kills += 1;
      await server.start();
      if (gate.failure !== undefined) throw toError(gate.failure);
      await audit(server.client, cast);
      options.onRound?.(round, { kills, requests: gate.steps });
    }
    return { kills, requests: gate.steps };
  } catch (error) {
    const how = `npx tsx test/faults/kill-loop.ts --seed ${seed} --rounds ${rounds}`;
    const message = `round ${kills + 1} of seed ${seed} (${how}): ${toError(error).message}`;
    throw new Violation(`${message}\n${server.output}`, { cause: error });
  } finally {
    gate.close();
    gate.end();
    await server.end();
    await Promise.all(lives);
    cast.client.close();
  }
}

interface Cast {
  readonly clients: readonly Client[];
  readonly client: HttpClient;
  readonly pool: Pool;
  readonly names: readonly Name[];
  readonly managed: readonly ManagedStream[];
}

/** 20 writers, some of each kind, and 20 readers. */
function castOf(server: Mortal, random: Random): Cast {
  const client = new HttpClient(() => server.server.url);
  const pool = new Pool();
  const names: Name[] = [];
  const clients: Client[] = [];
  for (let index = 0; index < CREATORS; index += 1) {
    const own = FORMATS.map((format) => new Name(`/demo/name-${index}-${format}`, format));
    names.push(...own);
    clients.push(new Creator(`creator-${index}`, client, own, random.fork()));
  }
  const plain = (index: number): PlainWriter =>
    new PlainWriter(`plain-${index}`, client, pool, random.fork());
  clients.push(new Keeper(client, pool, plain(0)));
  for (let index = 1; index <= 8; index += 1) clients.push(plain(index));
  for (let index = 0; index < 8; index += 1) {
    clients.push(new IdempotentWriter(`producer-${index}`, client, pool, random.fork()));
  }
  for (let index = 0; index < 4; index += 1) {
    clients.push(new NameReader(client, names, random.fork()));
  }
  for (let index = 0; index < 10; index += 1) {
    clients.push(new PageReader(client, pool, random.fork(), index < 5));
  }
  for (let index = 0; index < 6; index += 1) {
    clients.push(new SseClient(() => server.server.port, pool, random.fork()));
  }
  const managed = Array.from(
    { length: MANAGED },
    (_, index) => new ManagedStream(`managed-${index}`, client, random.fork()),
  );
  clients.push(...managed, new ManagedReader(managed, random.fork()));
  return { clients, client, pool, names, managed };
}

/** Nobody else is there: what is found now is how things are. */
async function audit(client: HttpClient, { pool, names, managed }: Cast): Promise<void> {
  for (const ledger of pool.all) {
    const whole = await readWhole(client, ledger);
    if (whole === undefined) throw ledger.violation('it is gone');
    ledger.audit(whole.bytes, whole.isClosed);
  }
  for (const name of names) {
    const whole = await readWhole(client, name);
    name.audit(whole?.bytes, whole?.isClosed ?? false);
  }
  for (const stream of managed) await stream.audit();
  for (const path of pool.deleted.slice(-DELETED_CHECKED)) {
    const answer = await client.get(path);
    if (answer.status !== 404) throw new Violation(`${path} was deleted and is ${told(answer)}`);
  }
}

async function readWhole(
  client: HttpClient,
  { path, format }: Pick<Ledger, 'path' | 'format'>,
): Promise<{ bytes: Buffer; isClosed: boolean } | undefined> {
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const answer = await client.get(`${path}?offset=${offsetOf(at)}`);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new Violation(`GET ${path}: ${told(answer)}`);
    const { bytes, to, isClosed } = pageOf(format, at, answer);
    at = to;
    pieces.push(bytes);
    if (answer.header('stream-up-to-date') === 'true') {
      return { bytes: Buffer.concat(pieces), isClosed };
    }
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
