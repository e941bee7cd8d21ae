/** Which pages may use the server from a browser: any, or those of these origins. */
export type CorsPolicy =
  { readonly kind: 'any' } | { readonly kind: 'list'; readonly origins: ReadonlySet<string> };

// `*` would not do here: browsers ignore it as soon as credentials are sent.
const EXPOSED = [
  'ETag',
  'Location',
  'Retry-After',
  'Stream-Closed',
  'Stream-Cursor',
  'Stream-Expires-At',
  'Stream-Next-Offset',
  'Stream-SSE-Data-Encoding',
  'Stream-TTL',
  'Stream-Up-To-Date',
  'WWW-Authenticate',
  'Producer-Epoch',
  'Producer-Expected-Seq',
  'Producer-Received-Seq',
  'Producer-Seq',
].join(', ');

const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'Expected-Last-Seq',
  'Expected-Last-Subject-Seq',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Msg-Id',
  'Producer-Epoch',
  'Producer-Id',
  'Producer-Seq',
  'Stream-Closed',
  'Stream-Expires-At',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Stream-Forked-From',
  'Stream-Seq',
  'Stream-Subject',
  'Stream-TTL',
  'Target-Authorization',
  'X-Api-Key',
  'X-Target-Api-Key',
].join(', ');

const PREFLIGHT_SECONDS = '86400';

/** What an answer to a page of this origin carries. */
export function corsHeaders(policy: CorsPolicy, origin: string): readonly string[] {
  if (policy.kind === 'list' && !policy.origins.has(origin)) return ['Vary', 'Origin'];
  return [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Allow-Credentials',
    'true',
    'Access-Control-Expose-Headers',
    EXPOSED,
    'Vary',
    'Origin',
  ];
}

/** What a preflight asks for on top. */
export function preflightHeaders(allowedMethods: string): readonly string[] {
  return [
    'Access-Control-Allow-Methods',
    allowedMethods,
    'Access-Control-Allow-Headers',
    ALLOWED_HEADERS,
    'Access-Control-Max-Age',
    PREFLIGHT_SECONDS,
  ];
}
