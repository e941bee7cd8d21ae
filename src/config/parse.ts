import { Command, CommanderError, Option } from 'commander';
import { DEFAULTS, LOG_LEVELS, type Config, type FsyncMode, type LogLevel } from './config.ts';
import { parseKeysCommand, type ParsedKeysCommand } from './keys-command.ts';
import { defaultText, FLAGS, flagName, variableName, type Flag } from './flags.ts';

/** What the command line asks for. */
export type CommandLine =
  | { kind: 'serve'; config: Config }
  | Extract<ParsedKeysCommand, { kind: 'keys' }>
  /** Print this and end: help, the version, or what is wrong. */
  | { kind: 'print'; text: string; exitCode: number };

type Value = string | number | boolean | readonly string[] | FsyncMode;

class InvalidValue extends Error {}

/** Flags win over environment variables, and those over defaults. */
export function parseCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  version: string,
): CommandLine {
  if (args[0] === 'keys') return parseKeysCommand(args.slice(1), environment);
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const command = new Command('millrace')
    .description('A server for durable HTTP streams.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: print })
    .helpOption('--help', 'print this')
    .addHelpText(
      'after',
      '\nEvery flag can be set by the environment variable that it names.\n' +
        'millrace keys --help tells how to make, list and revoke API keys.',
    );
  for (const flag of FLAGS) command.addOption(toOption(flag));
  try {
    command.parse([...args], { from: 'user' });
    const given = command.opts<Record<string, string | boolean | undefined>>();
    return { kind: 'serve', config: resolve(given, environment) };
  } catch (error) {
    if (error instanceof CommanderError) {
      return { kind: 'print', text: printed, exitCode: error.exitCode };
    }
    if (!(error instanceof InvalidValue)) throw error;
    return { kind: 'print', text: `error: ${error.message}\n`, exitCode: 1 };
  }
}

function toOption({ key, type, help }: Flag): Option {
  const name = `--${flagName(key)}`;
  const written = type.kind === 'switch' ? name : `${name} <${placeholder({ key, type, help })}>`;
  const byDefault = defaultText(key) || 'none';
  return new Option(written, `${help} (${variableName(key)}, default ${byDefault})`);
}

function placeholder({ type }: Flag): string {
  switch (type.kind) {
    case 'integer':
      return type.unit;
    case 'text':
    case 'list':
      return type.placeholder;
    case 'fsync':
      return 'mode';
    case 'log-level':
      return 'level';
    case 'switch':
      return '';
  }
}

function resolve(
  given: Readonly<Record<string, string | boolean | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const values = new Map<keyof Config, Value>();
  for (const flag of FLAGS) {
    const { key } = flag;
    const fromFlag = given[key];
    const variable = variableName(key);
    const fromVariable = environment[variable];
    if (fromFlag !== undefined)
      values.set(key, parseValue(flag, String(fromFlag), `--${flagName(key)}`));
    else if (fromVariable !== undefined) values.set(key, parseValue(flag, fromVariable, variable));
  }
  return withDefaults(Object.fromEntries(values));
}

/** Settings of which any may be left out, or undefined for the default. */
export type GivenSettings = { readonly [Key in keyof Config]?: Config[Key] | undefined };

/** A partial configuration completed. Used by the command line and by embedders alike. */
export function withDefaults(values: GivenSettings): Config {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}

function parseValue({ type }: Flag, text: string, source: string): Value {
  switch (type.kind) {
    case 'integer': {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= type.min && value <= type.max)) {
        throw new InvalidValue(
          `${source} must be an integer from ${type.min} to ${type.max}, not "${text}"`,
        );
      }
      return value;
    }
    case 'text':
      if (text === '') throw new InvalidValue(`${source} must not be empty`);
      return text;
    case 'switch':
      if (text !== 'true' && text !== 'false') {
        throw new InvalidValue(`${source} must be true or false, not "${text}"`);
      }
      return text === 'true';
    case 'list':
      return text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '');
    case 'fsync':
      return parseFsync(text, source);
    case 'log-level': {
      const level: LogLevel | undefined = LOG_LEVELS.find((each) => each === text);
      if (level === undefined) {
        throw new InvalidValue(`${source} must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`);
      }
      return level;
    }
  }
}

function parseFsync(text: string, source: string): FsyncMode {
  if (text === 'always' || text === 'never') return { kind: text };
  const ms = /^interval=([1-9]\d{0,6})$/.exec(text)?.[1];
  if (ms === undefined) {
    throw new InvalidValue(`${source} must be always, interval=MS or never, not "${text}"`);
  }
  return { kind: 'interval', ms: Number(ms) };
}
