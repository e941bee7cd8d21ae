import { withKeys } from '../../../src/with-keys.ts';

// Makes two keys in the data folder, revokes one, says so, and waits for its end.

const [, , dataDir = ''] = process.argv;

await withKeys(dataDir, async (keys) => {
  const create = async (): Promise<string> => {
    const request = { keyName: 'a key', expiresOn: undefined, scope: undefined };
    const outcome = await keys.create('acme', request);
    if (outcome.kind !== 'created') throw new Error(outcome.kind);
    return outcome.key;
  };
  const [kept, revoked] = [await create(), await create()];
  const outcome = await keys.revoke('acme', { kind: 'key', key: revoked });
  if (outcome.kind !== 'revoked') throw new Error(outcome.kind);
  process.stdout.write(`${kept} ${revoked}\n`);
  // Something has to keep the process alive; whoever started it ends it.
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
});
