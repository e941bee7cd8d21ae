import { build } from 'esbuild';

// The program as one file: to find and read a thousand modules took more than half of its start.
// What an embedder imports stays as the compiler writes it.
await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // They load native code that lies beside them.
  external: ['lmdb', 'fs-native-extensions'],
  // CommonJS packages ask for built-in modules in a way that modules do not know.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
