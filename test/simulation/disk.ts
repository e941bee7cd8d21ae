import { basename, dirname } from 'node:path';
import type { Random } from '../support/random.ts';
import { Inode } from './inode.ts';

type Node = Inode | Directory;

type Change =
  | { readonly kind: 'link'; readonly name: string; readonly node: Node }
  | { readonly kind: 'unlink'; readonly name: string; readonly node: Node }
  | {
      readonly kind: 'move';
      readonly from: string;
      readonly to: string;
      readonly node: Node;
      /** Undefined: the same folder. Another one's name comes with the loss of this one's. */
      readonly into?: Directory | undefined;
    };

/** Names, as processes see them and as a power loss would leave them, like an inode's bytes. */
export class Directory {
  #cache = new Map<string, Node>();
  #disk = new Map<string, Node>();
  #unsynced: Change[] = [];
  #changesBefore = 0;

  get changeCount(): number {
    return this.#changesBefore + this.#unsynced.length;
  }

  get names(): string[] {
    return [...this.#cache.keys()];
  }

  get(name: string): Node | undefined {
    return this.#cache.get(name);
  }

  change(change: Change): void {
    apply(change, this.#cache);
    if (change.kind === 'move') change.into?.receive(change.to, change.node, 'cache');
    this.#unsynced.push(change);
  }

  sync(changeCount: number): void {
    for (const change of this.#takeUnsynced(changeCount)) this.#store(change);
  }

  receive(name: string, node: Node, where: 'cache' | 'disk'): void {
    (where === 'cache' ? this.#cache : this.#disk).set(name, node);
  }

  /** A file moves from folder to folder in one step, as a journal has it. */
  #store(change: Change): void {
    apply(change, this.#disk);
    if (change.kind === 'move') change.into?.receive(change.to, change.node, 'disk');
  }

  losePower(random: Random, seen = new Set<Node>()): void {
    for (const change of this.#takeUnsynced(this.changeCount)) {
      if (random.chance(0.5)) this.#store(change);
    }
    this.#cache = new Map(this.#disk);
    for (const node of this.#disk.values()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (node instanceof Directory) node.losePower(random, seen);
      else node.losePower(random);
    }
  }

  #takeUnsynced(changeCount: number): Change[] {
    const taken = this.#unsynced.splice(0, Math.max(0, changeCount - this.#changesBefore));
    this.#changesBefore += taken.length;
    return taken;
  }
}

function apply(change: Change, names: Map<string, Node>): void {
  switch (change.kind) {
    case 'link':
      names.set(change.name, change.node);
      return;
    case 'unlink':
      if (names.get(change.name) === change.node) names.delete(change.name);
      return;
    case 'move':
      if (names.get(change.from) === change.node) names.delete(change.from);
      if (change.into === undefined) names.set(change.to, change.node);
      return;
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}

/** The folders and files of a machine. They outlive processes, and what is synced power losses. */
export class Disk {
  readonly #root = new Directory();

  makeDirectory(path: string): void {
    if (path === '/' || this.#find(path) instanceof Directory) return;
    this.makeDirectory(dirname(path));
    this.directory(dirname(path)).change({
      kind: 'link',
      name: basename(path),
      node: new Directory(),
    });
  }

  directory(path: string): Directory {
    const node = this.#find(path);
    if (!(node instanceof Directory)) throw systemError('ENOENT');
    return node;
  }

  hasDirectory(path: string): boolean {
    return this.#find(path) instanceof Directory;
  }

  file(path: string): Inode {
    const node = this.#find(path);
    if (!(node instanceof Inode)) throw systemError('ENOENT');
    return node;
  }

  /** A new file, or one that is there already, emptied. */
  create(path: string): Inode {
    const present = this.#find(path);
    if (present instanceof Inode) {
      present.truncate(0);
      return present;
    }
    const node = new Inode();
    this.directory(dirname(path)).change({ kind: 'link', name: basename(path), node });
    return node;
  }

  rename(from: string, to: string): void {
    const node = this.file(from);
    const into = dirname(to) === dirname(from) ? undefined : this.directory(dirname(to));
    this.directory(dirname(from)).change({
      kind: 'move',
      from: basename(from),
      to: basename(to),
      node,
      into,
    });
  }

  remove(path: string): void {
    const node = this.file(path);
    this.directory(dirname(path)).change({ kind: 'unlink', name: basename(path), node });
  }

  losePower(random: Random): void {
    this.#root.losePower(random);
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      node = node instanceof Directory ? node.get(name) : undefined;
    }
    return node;
  }
}
