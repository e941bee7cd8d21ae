import { parseArgs } from 'node:util';
import { temporaryFolder } from '../support/millrace.ts';
import { killLoop } from './kill-loop/run.ts';

// The kill -9 loop by hand, for as long as one likes, on what `npm run build` has built:
//
//   npx tsx test/faults/kill-loop.ts --rounds 1000 [--seed 7]
//
// The seed decides what is done and when the server is killed; how far it has come by then is up to
// the machine, so a seed that has failed may need several runs to fail again.

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const rounds = Number(values.rounds);
const folder = await temporaryFolder();
console.log(`seed ${seed}, ${rounds} rounds, in ${folder.path}`);
const report = await killLoop({
  dataDir: folder.path,
  seed,
  rounds,
  onRound: (round, { requests }) => {
    if (round % 10 === 0) console.log(`${round} kills survived, ${requests} requests`);
  },
});
console.log(`${report.kills} kills and ${report.requests} requests: nothing lost, nothing doubled`);
await folder.remove();
