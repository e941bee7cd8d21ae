const AUTHORITY = /^https?:\/\/[^/?#]+/i;

/**
 * The target in the form that handlers know. Clients of a proxy send whole URLs, and a server has to
 * take them too (RFC 9112, "absolute-form"); what is neither form is left for the router to refuse.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = AUTHORITY.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
