/** Which methods each path of an API knows, so that others can be told of them. */
export class RouteTable {
  readonly #routes: { readonly path: RegExp; readonly methods: Set<string> }[] = [];
  readonly #byUrl = new Map<string, Set<string>>();

  /** `url`: with `:name` for a segment. */
  add(method: string, url: string): void {
    let methods = this.#byUrl.get(url);
    if (methods === undefined) {
      methods = new Set();
      this.#byUrl.set(url, methods);
      this.#routes.push({ path: patternOf(url), methods });
    }
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
  }

  /** Empty: nothing is served there. */
  methods(path: string): readonly string[] {
    for (const { path: pattern, methods } of this.#routes) {
      if (pattern.test(path)) return [...methods];
    }
    return [];
  }
}

function patternOf(url: string): RegExp {
  const pattern = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]*' : segment.replaceAll('.', '\\.')))
    .join('/');
  return new RegExp(`^${pattern}$`);
}
