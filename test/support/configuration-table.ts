import { LOG_LEVELS } from '../../src/config/config.ts';
import { defaultText, FLAGS, flagName, variableName, type Flag } from '../../src/config/flags.ts';
import { formatTable } from './markdown.ts';

/** The table of docs/configuration.md, made from the flags themselves. */
export function configurationTable(): Promise<string> {
  const rows = FLAGS.map((flag) => [
    `\`--${flagName(flag.key)}\``,
    `\`${variableName(flag.key)}\``,
    valuesOf(flag),
    byDefault(flag),
    flag.help,
  ]);
  return formatTable(['flag', 'variable', 'value', 'default', 'meaning'], rows);
}

function valuesOf({ type }: Flag): string {
  switch (type.kind) {
    case 'integer':
      return type.max === Number.MAX_SAFE_INTEGER
        ? `${type.unit}, ${type.min} or more`
        : `${type.unit}, ${type.min} to ${type.max}`;
    case 'text':
      return type.placeholder.toLowerCase();
    case 'list':
      return `${type.placeholder.toLowerCase().replace(/,.*/, '')}s between commas`;
    case 'switch':
      return '`true` or `false`; the flag alone is `true`';
    case 'fsync':
      return '`always`, `interval=MS` or `never`';
    case 'log-level':
      return LOG_LEVELS.map((level) => `\`${level}\``).join(', ');
  }
}

function byDefault({ key, type }: Flag): string {
  const text = defaultText(key);
  if (text === '') return 'none';
  const isPlain = type.kind !== 'integer' || !['bytes', 'ms'].includes(type.unit);
  const readable = isPlain ? undefined : inLargerUnits(Number(text), type.unit);
  return readable === undefined ? `\`${text}\`` : `\`${text}\` (${readable})`;
}

const LARGER_UNITS = {
  bytes: [
    { name: 'GiB', size: 2 ** 30 },
    { name: 'MiB', size: 2 ** 20 },
    { name: 'KiB', size: 2 ** 10 },
  ],
  ms: [
    { name: 'd', size: 86_400_000 },
    { name: 'min', size: 60_000 },
    { name: 's', size: 1000 },
  ],
};

/** Undefined for what is best said in the unit itself. */
function inLargerUnits(value: number, unit: string): string | undefined {
  const units = unit === 'bytes' ? LARGER_UNITS.bytes : LARGER_UNITS.ms;
  const larger = units.find(({ size }) => value >= size && value % size === 0);
  return larger && `${value / larger.size} ${larger.name}`;
}
