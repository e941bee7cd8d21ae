import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/millrace.ts';
import { Mortal, type MortalOptions } from './mortal.ts';

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
  onTestFinished(async () => {
    await server.end();
    await folder.remove();
  });
  return server;
}
