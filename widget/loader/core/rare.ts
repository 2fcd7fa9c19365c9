// Files that few pages need, from where this one came.

/** How often each could not be had: the browser asks for none again under the same address. */
const failed: Record<string, string> = {};

/** `R`: what the file exports. */
export const rare = <R>(name: string): Promise<R> =>
  import(new URL(name, import.meta.url).href + (failed[name] ?? '')).catch((cause) => {
    failed[name] = (failed[name] ?? '#') + 1;
    throw cause;
  });
