import { afterAll, beforeAll, describe } from 'vitest';
import type { MillraceOptions } from '../../../src/index.ts';
import { startMillrace, temporaryFolder, type RunningMillrace } from '../millrace.ts';
import { HttpClient } from './client.ts';

/** A server for all tests of a suite, and a client that asks it. */
export interface Served extends HttpClient {
  readonly engine: Engine;
  readonly server: () => RunningMillrace;
  /** A path at the base address where no other test has a stream. */
  freshPath: () => string;
  /** Stops the server and starts it again on its folder; in memory nothing survives that. */
  restart: () => Promise<void>;
}

export type Engine = 'embedded' | 'memory';

let names = 0;

/** A name that no other test of this process uses. */
export function freshName(): string {
  names += 1;
  return `name-${names}`;
}

/** The same tests against the engine on disk and the one in memory, a server each. */
export function onBothEngines(
  title: string,
  options: MillraceOptions,
  suite: (served: Served) => void,
): void {
  for (const engine of ['embedded', 'memory'] as const) {
    describe(`${title}, ${engine} engine`, () => {
      suite(serve(engine, options));
    });
  }
}

/** One server for the tests of the describe block it is called in. */
export function serve(engine: Engine, options: MillraceOptions = {}): Served {
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  let running: RunningMillrace | undefined;
  const server = (): RunningMillrace => {
    if (running === undefined) throw new Error('the server runs only while tests do');
    return running;
  };
  const start = async (): Promise<void> => {
    const place = folder === undefined ? { memory: true } : { dataDir: folder.path };
    running = await startMillrace({ ...options, ...place });
  };
  const client = new HttpClient(() => server().url);
  beforeAll(async () => {
    if (engine === 'embedded') folder = await temporaryFolder();
    await start();
  });
  afterAll(async () => {
    client.close();
    await running?.close();
    await folder?.remove();
  });
  const restart = async (): Promise<void> => {
    await server().close();
    await start();
  };
  const freshPath = (): string => `/v1/stream/${freshName()}`;
  return Object.assign(client, { engine, server, freshPath, restart });
}
