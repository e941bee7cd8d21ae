import type { Errors } from './errors.ts';

/** `--name=value` flags of a load program; each is required, but for what is asked for as optional. */
export class Flags {
  readonly #values: ReadonlyMap<string, string>;

  constructor(args: readonly string[] = process.argv.slice(2)) {
    this.#values = new Map(
      args.map((arg) => {
        const [name = '', ...value] = arg.replace(/^--/, '').split('=');
        return [name, value.join('=')];
      }),
    );
  }

  text(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`--${name}=… is missing`);
    return value;
  }

  /** Empty where it is not given. */
  optional(name: string): string {
    return this.#values.get(name) ?? '';
  }

  number(name: string): number {
    const value = Number(this.text(name));
    if (Number.isNaN(value)) throw new Error(`--${name} is not a number`);
    return value;
  }

  url(): URL {
    return new URL(this.text('url'));
  }
}

/** The benchmark holds stdin open; when it goes, however it went, nothing may stay behind. */
export function endWithParent(onEnd: () => void = () => process.exit(1)): void {
  process.stdin.on('end', onEnd);
  process.stdin.resume();
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function finish(metrics: Readonly<Record<string, number>>, errors: Errors): void {
  const result = { metrics, errors: { count: errors.count, first: errors.first } };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
