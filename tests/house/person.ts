// Somebody without an account, and what this device and the service know of them.
import { type Page, expect } from '@playwright/test';
import { visit } from './shop';

export interface Session {
  subject: string;
  capability: string;
}

/** Under a browser that sends no Global Privacy Control, whatever the persona's does. */
export const quietly = (page: Page): Promise<unknown> =>
  page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => undefined, configurable: true }));

/** An anonymous visitor who granted their basket; the page stands open. */
export async function anonymous(page: Page, shop: string): Promise<Session> {
  await quietly(page);
  await visit(page, shop, 'nora');
  const basket = await choices(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  return page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}'));
}

/** Opens all choices; the row of the basket. */
export async function choices(page: Page) {
  await page.locator('a[data-candor-open="choices"]').first().click();
  return page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
}

/** Hanna signs in while the page stands. */
export const signIn = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await fetch('/shop?persona=hanna');
    (window as any).candor.identify(async () => (await fetch('/token', { cache: 'no-store' })).text());
  });

/** The keys of the demo's site, without their beginning. */
export const kept = (page: Page): Promise<string[]> =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:pk_demo:')).map((key) => key.slice('candor:pk_demo:'.length)));

/** The names of the databases there are. */
export const stored = (page: Page): Promise<(string | undefined)[]> => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

/** What the service says of this person. */
export async function served(page: Page, service: string, { capability }: Session): Promise<{ status: number; basket?: string }> {
  const data = JSON.stringify({ site: 'pk_demo', capability });
  const answer = await page.request.post(`${service}/v1/choices`, { headers: { 'content-type': 'text/plain', origin: new URL(page.url()).origin }, data });
  const { controls } = (await answer.json().catch(() => ({}))) as { controls?: Record<string, { choice: string }> };
  return { status: answer.status(), basket: controls?.['recommendations/basket']?.choice };
}

export const allowed = (page: Page, source = 'basket'): Promise<boolean> =>
  page.evaluate((of) => (window as any).candor.allowed('recommendations', of), source);
