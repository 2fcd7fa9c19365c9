// What this device keeps, as far as it is asked for before the rest is there.

import { site } from './site';

const own = `candor:${site}:`;

/** Storage may be blocked, and what it holds may be anything. */
export function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return;
  }
}

/** What stands under a key of this site's; nothing where storage is blocked. */
export const kept = (key: string): string | null | undefined => attempt(() => localStorage.getItem(own + key));

/** The keys of this site's that start so, whole; none where storage is blocked. */
export const keys = (start: string): string[] =>
  attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(own + start))) ?? [];

/**
 * Everything goes, in this turn. What is owed stays: that the service erases the anonymous subject, with its
 * capability, and that the shop's own server forgets.
 */
export const empty = (): void =>
  attempt(() => {
    const session = kept('session');
    for (const key of keys('')) /:owed:/.test(key) || localStorage.removeItem(key);
    localStorage.setItem(own + 'owed:' + /sub_\w+/.exec(session!), session!);
  });
