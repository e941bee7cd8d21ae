import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';

/** Every process and folder of a run, so that one call ends and removes them all. */
export class Workspace {
  readonly #parent: string;
  readonly #children = new Set<Child>();
  readonly #folders = new Set<string>();
  #closing = false;

  constructor(parent: string) {
    this.#parent = parent;
  }

  spawn(name: string, command: string, args: readonly string[]): Child {
    if (this.#closing) throw new Error('the run is being ended');
    const child = new Child(name, command, args);
    this.#children.add(child);
    void child.exited.then(() => this.#children.delete(child));
    return child;
  }

  /** A TypeScript program of this folder, in a process of its own. */
  spawnProgram(program: URL, flags: Readonly<Record<string, string | number>>): Child {
    const path = fileURLToPath(program);
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const name = path.split('/').at(-1) ?? path;
    const loader = import.meta.resolve('tsx');
    return this.spawn(name, process.execPath, ['--import', loader, path, ...args]);
  }

  async folder(): Promise<string> {
    await mkdir(this.#parent, { recursive: true });
    const folder = await mkdtemp(join(this.#parent, 'millrace-bench-'));
    this.#folders.add(folder);
    return folder;
  }

  async removeFolder(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    this.#folders.delete(folder);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const children = [...this.#children];
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.exited));
    await Promise.all([...this.#folders].map((folder) => this.removeFolder(folder)));
  }
}
