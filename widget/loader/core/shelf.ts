// What stays on the device. Where storage is blocked or full, it stays in memory
// and says so: nothing pretends to be kept.

export class Shelf {
  private memory_ = new Map<string, string>();

  constructor(private prefix_: string) {}

  get(key: string): string | undefined {
    return this.memory_.get(key) ?? disk((storage) => storage.getItem(this.prefix_ + key)) ?? undefined;
  }

  /** Whether it will still be there when the page is gone. */
  set(key: string, value: string): boolean {
    const kept = disk((storage) => (storage.setItem(this.prefix_ + key, value), true)) ?? false;
    if (kept) this.memory_.delete(key);
    else this.memory_.set(key, value);
    return kept;
  }

  remove(key: string): void {
    this.memory_.delete(key);
    disk((storage) => storage.removeItem(this.prefix_ + key));
  }

  /** Keys that start so, without our own prefix. */
  keys(start = ''): string[] {
    const begin = this.prefix_ + start;
    const kept = disk((storage) => Object.keys(storage).filter((key) => key.startsWith(begin))) ?? [];
    const held = [...this.memory_.keys()].filter((key) => key.startsWith(start));
    return [...new Set([...kept.map((key) => key.slice(this.prefix_.length)), ...held])];
  }

  clear(): void {
    for (const key of this.keys()) this.remove(key);
  }
}

function disk<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(localStorage);
  } catch {
    return;
  }
}

/** What is no JSON is nothing. */
export function parse(text: string | undefined): any {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return;
  }
}
