import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export interface Options {
  readonly rounds: number;
  /** Measured time of one target in one round, after its warm-up. */
  readonly seconds: number;
  readonly warmupMs: number;
  /** Names of measures and targets; empty means all. */
  readonly only: readonly string[];
  readonly peers: readonly { readonly name: string; readonly url: string }[];
  readonly jsonFile: string | undefined;
  /** Where data folders are made: it has to be a real disk, or "durable" costs nothing. */
  readonly folder: string;
  readonly quick: boolean;
  readonly idleStreams: number;
  readonly walBytes: number;
  readonly sseReaders: number;
  readonly catchUpClients: number;
  /** In the stream that is searched. */
  readonly searchMessages: number;
  /** That triggers carry in bulk. */
  readonly routedRecords: number;
}

export class UsageError extends Error {}

export const usage = `npm run bench -- [options]
  --rounds N        rounds each target is measured in, interleaved (3)
  --seconds N       measured seconds of a target in a round (3)
  --only A,B        only these measures and targets; a wrong name lists them
  --streams N       idle streams of the memory measure (1000000)
  --peer NAME=URL   measure a running server along, at URL/v1/stream/...; repeatable
  --json FILE       also write every figure of every round
  --folder PATH     where data folders are made (${tmpdir()})
  --quick           a smoke run: one short round, everything smaller
  --help            this text`;

/** Undefined when only the usage is asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseOrExplain(args);
  if (values.help === true) return undefined;
  const quick = values.quick ?? false;
  return {
    rounds: count('rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('seconds', values.seconds, quick ? 1 : 3),
    warmupMs: quick ? 500 : 1000,
    only: (values.only ?? []).flatMap((names) => names.split(',')).filter((name) => name !== ''),
    peers: (values.peer ?? []).map(parsePeer),
    jsonFile: values.json,
    folder: values.folder ?? tmpdir(),
    quick,
    idleStreams: count('streams', values.streams, quick ? 10_000 : 1_000_000),
    walBytes: (quick ? 64 : 1024) * 2 ** 20,
    sseReaders: quick ? 200 : 1000,
    catchUpClients: quick ? 100 : 1000,
    searchMessages: quick ? 300_000 : 1_000_000,
    routedRecords: quick ? 50_000 : 300_000,
  };
}

function parseOrExplain(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        only: { type: 'string', multiple: true },
        streams: { type: 'string' },
        peer: { type: 'string', multiple: true },
        json: { type: 'string' },
        folder: { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function positive(name: string, text: string | undefined, standard: number): number {
  const value = text === undefined ? standard : Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new UsageError(`--${name} wants a number above 0, not ${text ?? ''}`);
  }
  return value;
}

function count(name: string, text: string | undefined, standard: number): number {
  const value = positive(name, text, standard);
  if (!Number.isInteger(value)) throw new UsageError(`--${name} wants a whole number`);
  return value;
}

function parsePeer(text: string): { name: string; url: string } {
  const [name = '', ...rest] = text.split('=');
  const url = rest.join('=').replace(/\/+$/, '');
  if (name === '' || !/^http:\/\/[^/]+:\d+$/.test(url)) {
    throw new UsageError(`--peer wants NAME=http://HOST:PORT, not ${text}`);
  }
  return { name, url };
}
