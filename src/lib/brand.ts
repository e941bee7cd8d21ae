declare const brand: unique symbol;

/** A `Base` that only the guard or parser of its own file can mint. A value may have several. */
export type Brand<Base, Name extends string> = Base & {
  readonly [brand]: { readonly [Each in Name]: true };
};
