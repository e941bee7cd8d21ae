import { describeLogStore } from './contract.ts';
import { openStepping, TINY } from './engine-folder.ts';

describeLogStore({
  name: 'embedded, stopped and started after every commit',
  open: () =>
    openStepping({}, (folder) => async (engine) => {
      await engine.close();
      return folder.open();
    }),
  deviations: [],
});

describeLogStore({
  name: 'embedded, killed after every commit, with a checkpoint before every other one',
  open: () =>
    openStepping({ settings: TINY }, (folder) => {
      let kills = 0;
      return async (engine) => {
        kills += 1;
        if (kills % 2 === 0) await engine.checkpoint();
        return folder.crash(engine);
      };
    }),
  deviations: [],
});
