import { onTestFailed, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/millrace.ts';
import { Mortal, type MortalOptions } from './mortal.ts';

const OUTPUT_LENGTH = 4000;

/** A running one in a folder of its own, gone with the test. */
export async function mortal(options: MortalOptions = {}): Promise<Mortal> {
  const server = await mortalFolder(options);
  await server.start();
  return server;
}

/** As `mortal`, but not started yet. */
export async function mortalFolder(options: MortalOptions = {}): Promise<Mortal> {
  const folder = await temporaryFolder();
  const server = new Mortal(folder.path, options);
  onTestFailed(() => {
    const { exitCode, signalCode } = server.server.process;
    const how = `exit code ${String(exitCode)}, signal ${String(signalCode)}`;
    process.stderr.write(
      `The server (${how}) said last:\n${server.output.slice(-OUTPUT_LENGTH)}\n`,
    );
  });
  onTestFinished(async () => {
    await server.end();
    await folder.remove();
  });
  return server;
}
