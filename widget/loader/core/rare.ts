// Files that few pages need, from where this one came.

/** `R`: what the file exports. */
export const rare = <R>(name: string): Promise<R> => import(new URL(name, import.meta.url).href);
