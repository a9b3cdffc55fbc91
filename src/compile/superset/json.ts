/** What JSON can hold; it is YAML too, which is what Superset reads. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** An object of JSON, such as a file of the bundle. */
export type JsonObject = Readonly<Record<string, Json>>;
