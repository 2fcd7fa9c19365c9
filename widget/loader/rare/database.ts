// Where localStorage is blocked or full: a database of one store. Fetched only then.

/** What the shelf keeps there. */
export interface Database {
  /** All of it. */
  all(): Promise<[key: string, value: string][]>;
  /** Done when it is kept, or, without a value, gone. */
  put(key: string, value?: string): Promise<unknown>;
}

const STORE = 'kept';

export async function open(name: string): Promise<Database> {
  const opening = indexedDB.open(name);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(STORE);
  const database = await done(opening);
  // Another tab may want to delete it.
  database.onversionchange = () => database.close();
  const begin = (mode: IDBTransactionMode) => database.transaction(STORE, mode, { durability: 'strict' });
  return {
    async all() {
      const store = begin('readonly').objectStore(STORE);
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      return keys.map((key, at) => [String(key), String(values[at])]);
    },
    put(key, value) {
      const transaction = begin('readwrite');
      const store = transaction.objectStore(STORE);
      if (value === undefined) store.delete(key);
      else store.put(value, key);
      // A request that succeeded is not on disk yet.
      return new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    },
  };
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
