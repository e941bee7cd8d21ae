// RFC 8288, "Link Serialisation in HTTP Headers": `<target>; name=value; name="value", <target> …`.

interface Link {
  readonly target: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The target of the first link to the next page, resolved against where the page came from. Links
 * of something else than that page (`anchor`) are passed over, and so is what cannot be read.
 */
export function nextLink(header: string | undefined, pageUrl: URL): URL | undefined {
  if (header === undefined) return undefined;
  for (const { target, parameters } of links(header)) {
    const relations = (parameters.get('rel') ?? '').toLowerCase().split(/[ \t]+/);
    if (!relations.includes('next') || !isOf(pageUrl, parameters.get('anchor'))) continue;
    if (!URL.canParse(target, pageUrl.href)) continue;
    const next = new URL(target, pageUrl);
    next.hash = '';
    return next;
  }
  return undefined;
}

function isOf(pageUrl: URL, anchor: string | undefined): boolean {
  if (anchor === undefined) return true;
  return URL.canParse(anchor, pageUrl.href) && new URL(anchor, pageUrl).href === pageUrl.href;
}

const BLANK = /[ \t]*/y;
const BLANKS_AND_COMMAS = /[ \t,]*/y;
// Neither bracket stands in a URL; without the opening one, a header full of them takes its square.
const TARGET = /<([^<>]*)>/y;
const NAME = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const BARE_VALUE = /[^ \t;,"]+/y;
const QUOTED_VALUE = /"((?:[^"\\]|\\.)*)"/y;
const NEXT_COMMA = /[^,]*/y;

function* links(header: string): Generator<Link, void, undefined> {
  const scanner = new Scanner(header);
  for (;;) {
    scanner.take(BLANKS_AND_COMMAS);
    if (scanner.isDone) return;
    const target = scanner.take(TARGET);
    // Past what is no link; the next one may be well.
    if (target === undefined) scanner.take(NEXT_COMMA);
    else yield { target, parameters: parameters(scanner) };
  }
}

/** Of each name the first counts. */
function parameters(scanner: Scanner): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (;;) {
    scanner.take(BLANK);
    if (!scanner.takes(';')) return found;
    scanner.take(BLANK);
    const name = scanner.take(NAME)?.toLowerCase();
    if (name === undefined) continue;
    scanner.take(BLANK);
    const value = scanner.takes('=') ? valueAt(scanner) : '';
    if (!found.has(name)) found.set(name, value);
  }
}

function valueAt(scanner: Scanner): string {
  scanner.take(BLANK);
  const quoted = scanner.take(QUOTED_VALUE);
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? scanner.take(BARE_VALUE) ?? '';
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What a sticky pattern fits here, or its group; undefined, and no step, where it does not. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[1] ?? match[0];
  }

  takes(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}
