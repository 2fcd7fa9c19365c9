// What stays on the device: in localStorage; where that is blocked or full, in a
// database; else in memory, which says so: nothing pretends to be kept.

import type { Database } from '../rare/database';
import { pause } from './net';
import { rare } from './rare';

declare const CANDOR_DATABASE: string;

/** The key under which the tabs of this browser call to each other. */
export const CALL = 'tabs';

export class Shelf {
  /** What localStorage does not hold. */
  private memory_ = new Map<string, string>();
  private declare deep_: Promise<Database> | undefined;
  private declare cleared_: boolean;
  /** What is not on disk, or not yet. */
  private loose_ = new Set<string>();
  /** Until what is on its way to the database is there. */
  private declare put_: Promise<unknown> | undefined;
  /** What localStorage holds until then, and nobody here any more. */
  private gone_ = new Set<string>();

  constructor(
    private prefix_: string,
    /** Whether something would be lost with the page. */
    private lost_: (is: boolean) => void,
    /** Tells the other tabs what localStorage did not hold, or holds no more: a database tells nobody. */
    private tell_: (key: string, value?: string) => void,
  ) {}

  /** Brings what another page put into the database. One that never answers holds up nobody. */
  wake(): Promise<void> {
    return Promise.race([this.bring_(), pause(2_000)]);
  }

  /** Looks there where there is one, or will be, or the browser does not tell. */
  private async bring_(): Promise<void> {
    try {
      if (disk((storage) => storage.length) === undefined || ((await indexedDB.databases?.())?.some(({ name }) => name === this.prefix_) ?? true))
        for (const [key, value] of await (await this.dig_()).all()) this.cleared_ || (this.get(key) ?? this.memory_.set(key, value));
    } catch {
      // There is none, or it cannot be had.
    }
  }

  get(key: string): string | null | undefined {
    return this.memory_.get(key) ?? this.kept_(key);
  }

  /** Whether it will still be there when the page is gone. */
  set(key: string, value: string): boolean {
    this.gone_.delete(key);
    // Where one thing finds no room all of it moves: a device's name without the numbers given under it gives them twice.
    if (!this.memory_.size && disk((storage) => (storage.setItem(this.prefix_ + key, value), true))) return true;
    this.memory_.set(key, value);
    // The name last: what comes to an end in between costs that, and the next page takes a new one.
    for (const one of this.keys().sort().reverse()) {
      const older = this.kept_(one);
      // A call that a tab began and did not end is none to the others.
      if (one !== key && (!older || this.memory_.has(one) || one === CALL)) continue;
      const held = this.get(one)!;
      // Not even for the moment until the others are on disk.
      if (one === 'device') this.bare_(one);
      this.memory_.set(one, held);
      this.tell_(one, held);
      this.loose_.add(one);
      this.lost_(true);
      // Kept once it is on disk, and not before: as it is by then, or not at all where its person is forgotten. What
      // localStorage had of it is older from then on; what a tab that has room wrote there meanwhile is not.
      this.put_ = this.dig_().then(async (deep) => {
        const put = this.memory_.get(one);
        await deep.put(one, put);
        if (this.kept_(one) === older) this.bare_(one);
        // What was set meanwhile has its own turn.
        if (this.memory_.get(one) === put) this.firm_(one);
      }).catch(() => {});
    }
    return false;
  }

  /** What has moved on leaves localStorage once it is on disk where it moved: a page that ends in between loses nothing. */
  remove(key: string): void {
    this.drop_(key);
    const older = this.kept_(key);
    if (!this.put_) return this.bare_(key);
    this.gone_.add(key);
    this.put_.then(() => this.gone_.delete(key) && this.kept_(key) === older && this.bare_(key));
  }

  /** Another tab keeps it, or nobody does any more. Tabs that named the device in the same moment agree on one name. */
  hear(key: string, value?: string): boolean {
    if (value === undefined) return this.memory_.delete(key);
    if (key === 'device' && this.memory_.get(key)! < value) return true;
    this.firm_(key);
    return !!this.memory_.set(key, value);
  }

  /** Of whoever is forgotten elsewhere this tab holds nothing back, and brings nothing; what is on disk by now is the next one's. */
  leave(): void {
    this.cleared_ = true;
    for (const key of this.keys()) this.hear(key);
  }

  /** To the other tabs, by storage; where that takes nothing by what tells them of the rest. Kept nowhere. */
  call(what: string): void {
    const key = this.prefix_ + CALL;
    if (disk((storage) => (storage.setItem(key, what), storage.removeItem(key), true))) return;
    this.tell_(CALL, what);
    this.tell_(CALL);
  }

  private kept_(key: string): string | null | undefined {
    return this.gone_.has(key) ? undefined : disk((storage) => storage.getItem(this.prefix_ + key));
  }

  private bare_(key: string): void {
    disk((storage) => storage.removeItem(this.prefix_ + key));
  }

  private firm_(key: string): void {
    if (this.loose_.delete(key)) this.lost_(!!this.loose_.size);
  }

  private drop_(key: string): void {
    this.firm_(key);
    if (!this.hear(key)) return;
    this.tell_(key);
    this.dig_().then((deep) => deep.put(key)).catch(() => {});
  }

  private dig_(): Promise<Database> {
    return (this.deep_ ??= rare<typeof import('../rare/database')>(CANDOR_DATABASE).then(({ open }) => open(this.prefix_)));
  }

  /** Keys that start so, without our own prefix. */
  keys(start = ''): string[] {
    const begin = this.prefix_ + start;
    const kept = disk((storage) => Object.keys(storage).filter((key) => key.startsWith(begin))) ?? [];
    const held = [...this.memory_.keys()].filter((key) => key.startsWith(start));
    return [...new Set([...kept.map((key) => key.slice(this.prefix_.length)).filter((key) => !this.gone_.has(key)), ...held])];
  }

  /** All but what is owed; the database goes where nothing is. `forget`: also what other tabs and pages have there. */
  clear(forget?: boolean): void {
    // What a slow database brings after this is of before.
    this.cleared_ = true;
    this.gone_.clear();
    for (const key of this.keys()) if (!key.startsWith('owed:')) this.drop_(key), this.bare_(key);
    if (forget || !this.memory_.size) this.deep_?.then((deep) => deep.drop(forget)).catch(() => {});
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
export function parse(text: string | null | undefined): any {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return;
  }
}
