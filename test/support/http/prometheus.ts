/** One line of the text format: a value under a name and labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LINE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|N[aA][nN]|[+-]Inf)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Parses Prometheus's text format, version 0.0.4, and throws at whatever is not of it. */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, { -readonly [Key in keyof Family]: Family[Key] }>();
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!NAME.test(name) || families.has(name)) throw new Error(`a second family: ${line}`);
      families.set(name, { name, type: 'untyped', help: rest, samples: [] });
    } else if (keyword === 'TYPE') {
      const family = families.get(name);
      if (family === undefined) throw new Error(`a type of nothing: ${line}`);
      family.type = rest;
    } else {
      const sample = parseSample(line);
      const family = families.get(sample.name) ?? families.get(withoutSuffix(sample.name));
      if (family === undefined) throw new Error(`a sample of nothing: ${line}`);
      family.samples = [...family.samples, sample];
    }
  }
  return families;
}

function withoutSuffix(name: string): string {
  return name.replace(/_(?:bucket|sum|count)$/, '');
}

function parseSample(line: string): Sample {
  const [, name, labels = '', value] = LINE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  return { name, labels: parseLabels(labels), value: toNumber(value ?? '') };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let length = 0;
  for (const [all, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value;
    length += all.length;
  }
  if (length !== text.length) throw new Error(`no labels: ${text}`);
  return labels;
}

function toNumber(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
