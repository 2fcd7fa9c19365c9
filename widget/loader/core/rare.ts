// Files that few pages need, from where this one came.

export const rare = (name: string): Promise<any> => import(new URL(name, import.meta.url).href);
