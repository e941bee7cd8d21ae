/** What a credential can be allowed to do. */
export const ACTIONS = [
  'streams:read',
  'streams:write',
  'storage:read',
  'storage:write',
  'trigger:read',
  'trigger:write',
  'accounts:admin',
] as const;

export type Action = (typeof ACTIONS)[number];

/** One segment of a pattern: the texts between its stars, so one text when it has none. */
type SegmentPattern = readonly string[];

interface Pattern {
  readonly segments: readonly SegmentPattern[];
  /** The pattern ends with `/**`: any number of segments follow. */
  readonly isOpenEnded: boolean;
}

interface Grant {
  readonly action: Action;
  /** Undefined: whatever the account has. */
  readonly pattern: Pattern | undefined;
}

/** What a credential may do. `text` is how it was written, for people. */
export interface Scopes {
  readonly text: string;
  readonly grants: readonly Grant[];
}

/** A word that is no scope of this server, or whose pattern is malformed. */
export type ParsedScopes = Scopes & { readonly unknown: readonly string[] };

const PATTERN_LENGTH_MAX = 1024;

/**
 * What a credential that says nothing of scopes may do: all but manage its account, so that a leaked
 * one can be revoked before it has made others.
 */
export const DEFAULT_SCOPE = ACTIONS.filter((action) => action !== 'accounts:admin').join(' ');

/**
 * Reads a scope: words with spaces between, each an action, or an action narrowed by a colon and a
 * pattern. In a pattern `*` stands for any run of characters but `/`, a last segment `**` for any
 * number of segments, and percent encoding for what a word cannot hold otherwise. Words of others,
 * such as `openid`, grant nothing; neither does a pattern that cannot be read.
 */
export function parseScopes(text: string): ParsedScopes {
  const grants: Grant[] = [];
  const unknown: string[] = [];
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const grant = parseGrant(word);
    if (grant === undefined) unknown.push(word);
    else grants.push(grant);
  }
  return { text, grants, unknown };
}

/** Whether one of the scopes covers this action on this resource. */
export function allows({ grants }: Scopes, action: Action, resource: string): boolean {
  return grants.some(
    (grant) =>
      grant.action === action && (grant.pattern === undefined || matches(grant.pattern, resource)),
  );
}

function parseGrant(word: string): Grant | undefined {
  for (const action of ACTIONS) {
    if (word === action) return { action, pattern: undefined };
    if (!word.startsWith(`${action}:`)) continue;
    const pattern = parsePattern(word.slice(action.length + 1));
    return pattern && { action, pattern };
  }
  return undefined;
}

function parsePattern(text: string): Pattern | undefined {
  if (text === '' || text.length > PATTERN_LENGTH_MAX) return undefined;
  const written = text.split('/');
  const isOpenEnded = written.at(-1) === '**';
  if (isOpenEnded) written.pop();
  const segments: SegmentPattern[] = [];
  for (const segment of written) {
    const pattern = parseSegment(segment);
    if (pattern === undefined) return undefined;
    segments.push(pattern);
  }
  return { segments, isOpenEnded };
}

function parseSegment(segment: string): SegmentPattern | undefined {
  // Two stars mean something else than one, and only where they can mean it.
  if (segment.includes('**')) return undefined;
  try {
    return segment.split('*').map((literal) => decodeURIComponent(literal));
  } catch {
    return undefined;
  }
}

function matches({ segments, isOpenEnded }: Pattern, resource: string): boolean {
  const parts = resource.split('/');
  if (isOpenEnded ? parts.length <= segments.length : parts.length !== segments.length) {
    return false;
  }
  return segments.every((segment, index) => matchesSegment(segment, parts[index] ?? ''));
}

/** Each text at the first place behind the one before it: enough, and one pass over the part. */
function matchesSegment(literals: SegmentPattern, part: string): boolean {
  const [first = '', ...others] = literals;
  const last = others.pop();
  if (last === undefined) return part === first;
  if (!part.startsWith(first)) return false;
  let from = first.length;
  for (const literal of others) {
    const at = part.indexOf(literal, from);
    if (at < 0) return false;
    from = at + literal.length;
  }
  return part.length - last.length >= from && part.endsWith(last);
}
