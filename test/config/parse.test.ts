import { describe, expect, it } from 'vitest';
import { DEFAULTS, LOG_LEVELS, type Config } from '../../src/config/config.ts';
import { defaultText, FLAGS, flagName, variableName, type Flag } from '../../src/config/flags.ts';
import { parseCommandLine, withDefaults } from '../../src/config/parse.ts';

const VERSION = '1.2.3';

type Environment = Readonly<Record<string, string>>;

function serve(args: readonly string[], environment: Environment = {}): Config {
  const commandLine = parseCommandLine(args, environment, VERSION);
  if (commandLine.kind === 'print') throw new Error(commandLine.text);
  if (commandLine.kind !== 'serve') throw new Error('manages keys instead of serving');
  return commandLine.config;
}

function print(
  args: readonly string[],
  environment: Environment = {},
): { text: string; exitCode: number } {
  const commandLine = parseCommandLine(args, environment, VERSION);
  if (commandLine.kind !== 'print') throw new Error('serves instead of printing');
  return commandLine;
}

interface Written {
  readonly text: string;
  readonly value: unknown;
}

/** Two values that a user may write for a flag, neither of them the default. */
function goodValues({ type }: Flag): readonly [Written, Written] {
  switch (type.kind) {
    case 'integer':
      return [
        { text: String(type.min + 1), value: type.min + 1 },
        { text: String(type.max), value: type.max },
      ];
    case 'text':
      return [
        { text: 'one', value: 'one' },
        { text: 'the other', value: 'the other' },
      ];
    case 'switch':
      return [
        { text: 'true', value: true },
        { text: 'false', value: false },
      ];
    case 'fsync':
      return [
        { text: 'interval=50', value: { kind: 'interval', ms: 50 } },
        { text: 'never', value: { kind: 'never' } },
      ];
    case 'log-level':
      return [
        { text: 'debug', value: 'debug' },
        { text: 'silent', value: 'silent' },
      ];
    case 'list':
      return [
        { text: 'https://a.example', value: ['https://a.example'] },
        { text: 'x, y,,z ', value: ['x', 'y', 'z'] },
      ];
  }
}

function badValues({ type }: Flag): readonly string[] {
  switch (type.kind) {
    case 'integer': {
      const beyond = type.max < Number.MAX_SAFE_INTEGER ? type.max + 1 : '9007199254740992';
      const below = type.min === 0 ? '-1' : String(type.min - 1);
      return ['', ' ', 'ten', '1.5', '1e3', '+7', '-7', '0x10', '7 ', '1k', below, String(beyond)];
    }
    case 'text':
      return [''];
    case 'switch':
      return ['', 'yes', '1', 'TRUE', 'on'];
    case 'fsync':
      return ['', 'sometimes', 'interval', 'interval=', 'interval=0', 'interval=-1', 'Always'];
    case 'log-level':
      return ['', 'loud', 'INFO', 'trace'];
    case 'list':
      return [];
  }
}

const takesValue = FLAGS.filter(({ type }) => type.kind !== 'switch');
const switches = FLAGS.filter(({ type }) => type.kind === 'switch');

describe('every setting', () => {
  it('has a flag and a default, and the other way round', () => {
    expect(FLAGS.map(({ key }) => key).sort()).toEqual(Object.keys(DEFAULTS).sort());
  });

  it('has names that nobody else has', () => {
    const names = FLAGS.map(({ key }) => flagName(key));
    expect(new Set(names).size).toBe(names.length);
    expect(flagName('longPollTimeoutMs')).toBe('long-poll-timeout-ms');
    expect(variableName('longPollTimeoutMs')).toBe('MILLRACE_LONG_POLL_TIMEOUT_MS');
  });

  it.each(FLAGS)('$key has a default that its own flag would accept', (flag) => {
    const text = defaultText(flag.key);
    const config = serve([], text === '' ? {} : { [variableName(flag.key)]: text });
    expect(config[flag.key]).toEqual(DEFAULTS[flag.key]);
  });

  it('is at its default when nothing is said', () => {
    expect(serve([])).toEqual(DEFAULTS);
    expect(serve([], { MILLRACE: '1', PORT: '7', MILLRACE_NO_SUCH_THING: '1' })).toEqual(DEFAULTS);
  });
});

describe('a flag', () => {
  it.each(takesValue)('sets $key, behind a space or an equals sign', (flag) => {
    const name = `--${flagName(flag.key)}`;
    for (const { text, value } of goodValues(flag)) {
      expect(serve([name, text])).toEqual({ ...DEFAULTS, [flag.key]: value });
      expect(serve([`${name}=${text}`])).toEqual({ ...DEFAULTS, [flag.key]: value });
    }
  });

  it.each(switches)('turns $key on', ({ key }) => {
    expect(serve([`--${flagName(key)}`])).toEqual({ ...DEFAULTS, [key]: true });
  });

  it.each(takesValue)('without its value is refused: $key', ({ key }) => {
    const name = `--${flagName(key)}`;
    const { text, exitCode } = print([name]);
    expect(text).toContain(name);
    expect(exitCode).toBe(1);
  });

  it.each(takesValue)('of a bad value is refused by its name: $key', (flag) => {
    const name = `--${flagName(flag.key)}`;
    for (const bad of badValues(flag)) {
      const { text, exitCode } = print([`${name}=${bad}`]);
      expect(text).toMatch(/^error: /);
      expect(text).toContain(name);
      if (bad !== '') expect(text).toContain(`"${bad}"`);
      expect(exitCode).toBe(1);
    }
  });

  it('that nobody knows is refused by its name', () => {
    for (const args of [['--prot', '80'], ['-p', '80'], ['--Port', '80'], ['--memory=no']]) {
      const { text, exitCode } = print(args);
      expect(text).toMatch(/^error: /);
      expect(exitCode).toBe(1);
    }
    expect(print(['--prot', '80']).text).toContain('--prot');
  });

  it('is the last one, when it is given twice', () => {
    expect(serve(['--port', '1', '--port', '2']).port).toBe(2);
  });
});

describe('an argument that is no flag', () => {
  it('is refused', () => {
    expect(print(['serve']).exitCode).toBe(1);
  });
});

describe('an environment variable', () => {
  it.each(FLAGS)('sets $key', (flag) => {
    for (const { text, value } of goodValues(flag)) {
      const config = serve([], { [variableName(flag.key)]: text });
      expect(config).toEqual({ ...DEFAULTS, [flag.key]: value });
    }
  });

  it.each(FLAGS)('of a bad value is refused by its name: $key', (flag) => {
    const name = variableName(flag.key);
    for (const bad of badValues(flag)) {
      const { text, exitCode } = print([], { [name]: bad });
      expect(text).toMatch(/^error: /);
      expect(text).toContain(name);
      expect(exitCode).toBe(1);
    }
  });

  it.each(takesValue)('gives way to the flag: $key', (flag) => {
    const [one, other] = goodValues(flag);
    const config = serve([`--${flagName(flag.key)}=${one.text}`], {
      [variableName(flag.key)]: other.text,
    });
    expect(config).toEqual({ ...DEFAULTS, [flag.key]: one.value });
  });

  it.each(switches)('gives way to the flag: $key', ({ key }) => {
    expect(serve([`--${flagName(key)}`], { [variableName(key)]: 'false' })[key]).toBe(true);
  });

  it('that is bad does no harm where a flag decides', () => {
    expect(serve(['--port', '7'], { MILLRACE_PORT: 'seven' }).port).toBe(7);
  });
});

describe('help', () => {
  const { text, exitCode } = print(['--help']);
  // Where a line is broken says nothing.
  const words = text.replaceAll(/\s+/g, ' ');

  it('is no failure', () => {
    expect(exitCode).toBe(0);
    expect(text).toContain('millrace');
  });

  it.each(FLAGS)('names $key with its unit, meaning, variable and default', (flag) => {
    const { key, type, help } = flag;
    const name = `--${flagName(key)}`;
    expect(words).toContain(type.kind === 'integer' ? `${name} <${type.unit}>` : name);
    const byDefault = defaultText(key) === '' ? 'none' : defaultText(key);
    expect(words).toContain(`${help} (${variableName(key)}, default ${byDefault})`);
  });

  it('names no flag that does not exist', () => {
    const named = [...text.matchAll(/^ {2}(?:-V, )?--([a-z-]+)/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(
      [...FLAGS.map(({ key }) => flagName(key)), 'help', 'version'].sort(),
    );
  });

  it('shows the values of a choice', () => {
    for (const level of LOG_LEVELS) expect(words).toContain(level);
  });
});

describe('the version', () => {
  it('is printed and is no failure', () => {
    expect(print(['--version'])).toEqual({ kind: 'print', text: `${VERSION}\n`, exitCode: 0 });
  });
});

describe('settings given by an embedder', () => {
  it('are completed by the defaults', () => {
    expect(withDefaults({ port: 7, memory: true })).toEqual({
      ...DEFAULTS,
      port: 7,
      memory: true,
    });
  });

  it('may leave out what they have no value for', () => {
    expect(withDefaults({ port: undefined })).toEqual(DEFAULTS);
  });
});
