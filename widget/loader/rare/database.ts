// Where localStorage is blocked or full: a database of one store. Fetched only then.

/** What the shelf keeps there. */
export interface Database {
  /** All of it. */
  all(): Promise<[key: string, value: string][]>;
  /** Done when it is kept, or, without a value, gone. */
  put(key: string, value?: string): Promise<unknown>;
  /**
   * The database itself goes, if nothing is in it: another tab may have put there what is not told yet. `forget`:
   * that goes first, all but what is owed.
   */
  drop(forget?: boolean): unknown;
}

const STORE = 'kept';

export function open(name: string): Database {
  let opened: Promise<IDBDatabase> | undefined;
  const connect = async (make: boolean): Promise<IDBDatabase> => {
    const opening = indexedDB.open(name);
    // Whoever only looks makes none: before the first act nothing is stored.
    opening.onupgradeneeded = () => (make ? opening.result.createObjectStore(STORE) : opening.transaction!.abort());
    const database = await done(opening);
    // Another tab wants to delete it; whoever writes next begins another.
    database.onversionchange = close;
    return database;
  };
  const close = async (): Promise<void> => {
    const closing = opened;
    opened = undefined;
    (await closing)?.close();
  };
  const begin = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore, transaction: IDBTransaction) => Promise<T>): Promise<T> => {
    const make = mode !== 'readonly';
    // Where there was none for whoever only looked, who writes makes one.
    const database = await (opened ??= connect(make)).catch((cause) => {
      opened = undefined;
      if (!make) throw cause;
      return (opened = connect(true));
    });
    const transaction = database.transaction(STORE, mode, { durability: 'strict' });
    return work(transaction.objectStore(STORE), transaction);
  };
  const all = () =>
    begin('readonly', async (store): Promise<[key: string, value: string][]> => {
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      return keys.map((key, at) => [String(key), String(values[at])]);
    });
  const put = (key: string, value?: string) =>
    begin('readwrite', (store, transaction) => {
      if (value === undefined) store.delete(key);
      else store.put(value, key);
      // A request that succeeded is not on disk yet.
      return new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    });
  return {
    all,
    put,
    drop: async (forget) => {
      const keys = (await all()).map(([key]) => key);
      const stay = keys.filter((key) => !forget || key.startsWith('owed:'));
      if (!stay[0]) return close().then(() => indexedDB.deleteDatabase(name));
      for (const key of keys) if (!stay.includes(key)) await put(key);
    },
  };
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
