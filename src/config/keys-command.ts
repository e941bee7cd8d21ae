import { Command, CommanderError, Option } from 'commander';
import { DEFAULTS } from './config.ts';
import { variableName } from './flags.ts';

/** What `millrace keys` is asked for. */
export type KeysCommand =
  | {
      readonly kind: 'create';
      readonly account: string;
      readonly keyName: string;
      readonly expiresOn: string | undefined;
      readonly scope: string | undefined;
    }
  | { readonly kind: 'list'; readonly account: string }
  | { readonly kind: 'revoke'; readonly account: string; readonly id: string };

export type ParsedKeysCommand =
  | { readonly kind: 'keys'; readonly command: KeysCommand; readonly dataDir: string }
  | { readonly kind: 'print'; readonly text: string; readonly exitCode: number };

interface Given {
  readonly dataDir: string;
  readonly account: string;
}

interface GivenKey extends Given {
  readonly name: string;
  readonly expiresOn?: string;
  readonly scope?: string;
}

/** The command line behind `millrace keys`. */
export function parseKeysCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedKeysCommand {
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  let parsed: ParsedKeysCommand | undefined;
  const take = (command: KeysCommand, dataDir: string): void => {
    parsed = { kind: 'keys', command, dataDir };
  };
  const root = new Command('millrace keys')
    .description('API keys, made and revoked in the data folder while no server has it open.')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: print })
    .helpOption('--help', 'print this');
  const subcommand = (nameAndArgs: string, description: string): Command =>
    root
      .command(nameAndArgs)
      .description(description)
      .addOption(dataDirOption(environment))
      .option('--account <ACCOUNT>', 'whose keys', 'default');
  subcommand('create', 'make a key and print it, this once')
    .requiredOption('--name <NAME>', 'what people know it by')
    .option('--scope <SCOPE>', 'what it may do; left out: all but accounts:admin')
    .option('--expires-on <TIME>', 'when it ends, such as 2030-01-31T12:00:00Z; left out: never')
    .action(({ dataDir, account, name, expiresOn, scope }: GivenKey) => {
      take({ kind: 'create', account, keyName: name, expiresOn, scope }, dataDir);
    });
  subcommand('list', 'print what is known of the keys').action(({ dataDir, account }: Given) => {
    take({ kind: 'list', account }, dataDir);
  });
  subcommand('revoke <id>', 'make a key count for nothing').action(
    (id: string, { dataDir, account }: Given) => {
      take({ kind: 'revoke', account, id }, dataDir);
    },
  );
  try {
    root.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'print', text: printed, exitCode: error.exitCode };
  }
  return parsed ?? { kind: 'print', text: root.helpInformation(), exitCode: 1 };
}

function dataDirOption(environment: Readonly<Record<string, string | undefined>>): Option {
  const variable = variableName('dataDir');
  return new Option('--data-dir <FOLDER>', `where the data is kept (${variable})`).default(
    environment[variable] ?? DEFAULTS.dataDir,
  );
}
