declare const brand: unique symbol;

/** A `Base` that only the guard or parser of its own file can mint. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
