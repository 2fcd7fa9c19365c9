// What Safari does to a site that nobody visited for seven days: all that script can write goes, and
// cookies of script's own making. What a server set stays until its own time is over.
import { type BrowserContext, type Cookie, type Page, expect } from '@playwright/test';

const DAY = 86_400_000;

/** The next visit of the same person with the same browser, eight days later. */
export async function eightDaysLater(context: BrowserContext, shop: string): Promise<Page> {
  for (const page of context.pages()) await page.close();
  const next = await context.newPage();
  await empty(next, shop);
  const cookies = (await context.cookies()).filter((cookie) => byServer(cookie) && cookie.expires * 1_000 > Date.now() + 8 * DAY);
  await context.clearCookies();
  await context.addCookies(cookies);
  await next.clock.install({ time: Date.now() + 8 * DAY });
  return next;
}

/** No script has set one here: each that script may read came by HTTP, as `kept.rs` and its test tell. */
const byServer = ({ httpOnly, name }: Cookie): boolean => httpOnly || name === 'candor_kept';

async function empty(page: Page, origin: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const storageTypes = 'local_storage,indexeddb,cache_storage,service_workers,websql,file_systems';
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes });
  await session.detach();
}

/** Everything of Candor's that a device holds. */
export async function leftBehind(page: Page): Promise<string[]> {
  const stored = await page.evaluate(async () => [
    ...[() => localStorage, () => sessionStorage].flatMap((storage) => { try { return Object.keys(storage()); } catch { return []; } }),
    ...(await indexedDB.databases()).map(({ name }) => name ?? ''),
    ...(await caches.keys()),
    ...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
    ...document.cookie.split('; '),
  ].filter((name) => /candor/i.test(name)).sort());
  const cookies = (await page.context().cookies()).map(({ name }) => name).filter((name) => name.startsWith('candor'));
  return [...new Set([...stored, ...cookies])];
}

export const leavesNothing = (page: Page): Promise<void> => expect.poll(() => leftBehind(page)).toEqual([]);
