import type { ApiKeys } from '../accounts/api-keys.ts';
import { isAccountId } from '../protocol/account.ts';
import type { ApiKey } from '../accounts/key-document.ts';
import type { KeysCommand } from '../config/keys-command.ts';

export interface Printed {
  readonly text: string;
  readonly exitCode: number;
}

/** Carries out `millrace keys …`, and says what came of it. */
export async function runKeys(keys: ApiKeys, command: KeysCommand): Promise<Printed> {
  if (!isAccountId(command.account)) return failed(`"${command.account}" cannot be an account`);
  switch (command.kind) {
    case 'create':
      return create(keys, command);
    case 'list':
      return list(keys, command.account);
    case 'revoke':
      return revoke(keys, command.account, command.id);
  }
}

async function create(
  keys: ApiKeys,
  { account, ...request }: Extract<KeysCommand, { kind: 'create' }>,
): Promise<Printed> {
  const outcome = await keys.create(account, request);
  switch (outcome.kind) {
    case 'created':
      // The key alone, so that a script can take it.
      return { text: `${outcome.key}\n`, exitCode: 0 };
    case 'invalid':
      return failed(`${FLAGS[outcome.field]} ${outcome.reason}`);
    case 'too-many':
      return failed(`the account has ${outcome.keysMax} keys; revoke some`);
    case 'refused':
      return failed(outcome.refusal.code);
  }
}

const FLAGS = { key_name: '--name', expires_on: '--expires-on', scope: '--scope' } as const;

async function list(keys: ApiKeys, account: string): Promise<Printed> {
  const outcome = await keys.list(account);
  if (outcome.kind === 'refused') return failed(outcome.refusal.code);
  const heading = ['ID', 'KEY', 'CREATED', 'EXPIRES', 'NAME', 'SCOPE'];
  const text = columns([heading, ...outcome.keys.map(describe)]);
  return { text, exitCode: 0 };
}

function describe({ id, lastFour, createdAtMs, expiresAtMs, name, scope }: ApiKey): string[] {
  const expires = expiresAtMs === undefined ? 'never' : new Date(expiresAtMs).toISOString();
  const created = new Date(createdAtMs).toISOString();
  return [id, `mk_…${lastFour}`, created, expires, name, scope ?? 'all but accounts:admin'];
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => cell.padEnd(widths?.[index] ?? 0)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

async function revoke(keys: ApiKeys, account: string, id: string): Promise<Printed> {
  const outcome = await keys.revoke(account, { kind: 'id', id });
  switch (outcome.kind) {
    case 'revoked':
      return { text: `revoked ${outcome.id}\n`, exitCode: 0 };
    case 'not-found':
      return failed(`the account "${account}" has no key of the id "${id}"`);
    case 'refused':
      return failed(outcome.refusal.code);
  }
}

function failed(reason: string): Printed {
  return { text: `error: ${reason}\n`, exitCode: 1 };
}
