import { defineConfig } from 'vitest/config';

// These replace modules, which must be seen by nobody else.
const WITH_OWN_MODULES = ['test/simulation/*.test.ts'];

export default defineConfig({
  test: {
    // Left to itself, vitest leaves one of two cores to nobody.
    maxWorkers: '100%',
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'replaced', include: WITH_OWN_MODULES },
      },
      {
        extends: true,
        // To load the same modules anew for every file took a fifth of the time.
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: WITH_OWN_MODULES,
          isolate: false,
        },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
