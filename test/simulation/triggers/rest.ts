import type { TriggerView } from '../../../src/delivery/trigger-outcomes.ts';
import { progressPrefix } from '../../../src/delivery/names.ts';
import { atOnce } from '../engine-under-test.ts';
import { keptTriggers } from './kept.ts';
import type { SimulatedTime } from '../timers.ts';
import { expect, Violation } from '../violation.ts';
import type { Wanted } from './definitions.ts';
import type { TriggerLife } from './life.ts';
import { ACCOUNT } from './names.ts';
import type { TriggerOracle } from './oracle.ts';
import type { Standings } from './standing.ts';
import type { TriggerWorkload } from './workload.ts';

export interface RestParts {
  readonly oracle: TriggerOracle;
  readonly standings: Standings;
  readonly workload: TriggerWorkload;
  readonly time: SimulatedTime;
  readonly count: (what: string) => void;
}

/** More than any chain of triggers needs, each of which may have to wait for the next attempt. */
const ROUNDS_MAX = 40;
/** Longer than any attempt is waited for. */
const ROUND_MS = 20_000;

/** Lets every trigger catch up, and looks whether everything has arrived. */
export async function rest(life: TriggerLife, parts: RestParts): Promise<void> {
  const { oracle, standings, time } = parts;
  const { engine } = life.services;
  for (let round = 0; !(await areAllAtRest(life, parts)); round += 1) {
    if (round === ROUNDS_MAX) throw new Violation(await describeUnrest(life, parts));
    help(life, parts);
    time.pass(ROUND_MS);
    await life.settle();
    await life.drive(engine.checkpoint(), () => false);
  }
  oracle.checkAll(engine);
  for (const { wanted } of standings.all) {
    const view = await life.services.triggers.get(ACCOUNT, wanted.name);
    for (const spec of wanted.sources) {
      const progress = view?.sources.find(({ name }) => name === spec.name)?.progress;
      expect(progress !== undefined, () => `${wanted.tag} does not look at ${spec.name}`);
      oracle.checkCarried(wanted, spec, progress);
      if (progress.missed > 0) parts.count('missed');
      if (progress.filtered > 0) parts.count('filtered out');
      if (progress.delivered > 0) parts.count('delivered');
    }
  }
}

/** Makes whatever a trigger may wait for. */
function help(life: TriggerLife, { standings, workload }: RestParts): void {
  for (const action of workload.makeRoom()) life.act(action);
  for (const { wanted, isPaused } of standings.all) {
    if (isPaused) life.act({ kind: 'change', change: { kind: 'resume', name: wanted.name } });
  }
}

async function areAllAtRest(life: TriggerLife, { standings, count }: RestParts): Promise<boolean> {
  if (life.inFlight > 0) return false;
  let areAll = true;
  for (const { wanted } of standings.all) {
    const view = await life.services.triggers.get(ACCOUNT, wanted.name);
    if (view?.state.kind === 'waiting') count(`waiting: ${view.state.reason}`);
    if (view === undefined || !isAtRest(view, wanted)) areAll = false;
  }
  return areAll;
}

function isAtRest({ state, sources }: TriggerView, wanted: Wanted): boolean {
  const areCarried = sources.every(({ progress, head }) => {
    return head !== undefined && progress !== undefined && progress.next >= head.tail;
  });
  return state.kind === 'active' && areCarried && sources.length === wanted.sources.length;
}

/** What deleted triggers have kept is forgotten, at the latest with the next start. */
export async function checkPlaces(life: TriggerLife): Promise<void> {
  await life.settle();
  const { engine } = life.services;
  const owners = [...keptTriggers(engine).values()].map(({ id }) => progressPrefix(ACCOUNT, id));
  for (const { name } of atOnce(engine.list({ prefix: 'p', after: undefined, limit: 1000 }))) {
    const isOwned = owners.some((owner) => name.startsWith(owner));
    expect(isOwned, () => `${name} is left of a trigger that is gone`);
  }
}

async function describeUnrest(life: TriggerLife, { standings }: RestParts): Promise<string> {
  const views = standings.all.map(async ({ wanted: { tag, name } }) => {
    const view = await life.services.triggers.get(ACCOUNT, name);
    return `${tag} ${JSON.stringify({ state: view?.state, sources: view?.sources })}`;
  });
  const shown = (await Promise.all(views)).join('\n');
  return `${life.inFlight} clients wait, and triggers do not catch up:\n${shown}`;
}
