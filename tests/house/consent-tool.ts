// A shop's own consent tool, and what has to follow from an answer given there.
import { type Page, expect } from '@playwright/test';
import { card, openCard, openLayer, row, visit } from './shop';

/** Answers the tool's question; the page holds how, as `say`. */
export const say = (page: Page, no: boolean): Promise<void> => page.evaluate((is) => (window as any).say(is), no);

/**
 * No decision leaves the page: the next test finds everybody's choices as they were. In the page itself, for a
 * request that outlives its page passes every route a test lays. Answers with how to read what would have left.
 */
export async function cut(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const real = window.fetch;
    const decided: unknown[] = ((window as any).decided = []);
    window.fetch = (...args) =>
      String(args[0]).endsWith('/v1/decisions') ? (decided.push(args[1]?.body), Promise.reject(new TypeError('cut'))) : real(...args);
  });
  return () => page.evaluate(() => (window as any).decided);
}

/**
 * Somebody whose orders count says no in the shop's tool, then yes: the no is shown, kept and sent, and the
 * yes switches nothing on.
 */
export async function noIsObeyed(page: Page, shop: string): Promise<void> {
  const written = await watched(page);
  const reader = page.waitForResponse((answer) => /\/signals-\w+\.js$/.test(answer.url()));
  const decided = await cut(page);
  await visit(page, shop, 'hanna');
  await reader;
  await openCard(page);
  await openLayer(card(page), 'sources');
  const orders = row(page, 'orders').getByRole('switch');
  await expect(orders).toHaveAttribute('aria-checked', 'true');
  expect(await decided()).toEqual([]);
  await say(page, true);
  await expect(orders).toHaveAttribute('aria-checked', 'false');
  await expect(card(page)).toContainText('Opt-Out Request Honored');
  await expect(card(page)).toContainText('You said no in this shop’s cookie settings');
  await expect.poll(async () => (await decided()).length).toBeGreaterThan(0);
  const [sent] = JSON.parse((await decided())[0]!).decisions;
  expect(sent.method).toBe('signal');
  expect(sent.changes.every((change: { choice: string }) => change.choice === 'denied')).toBe(true);
  await say(page, false);
  await page.waitForTimeout(300);
  await expect(orders).toHaveAttribute('aria-checked', 'false');
  // Nobody asks for it here and now.
  await expect(card(page)).not.toContainText('You said no in this shop’s cookie settings');
  await expect(card(page)).not.toContainText('Your browser asks');
  expect(await written()).toEqual([]);
}

/** Cookies, and keys of storage that are not ours, written by whatever came from our service: the tool's word is its own. */
async function watched(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const written: string[] = ((window as any).written = []);
    const ours = () => /\/embed\//.test(new Error().stack ?? '');
    const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')!;
    Object.defineProperty(document, 'cookie', {
      configurable: true,
      get: () => cookie.get!.call(document),
      set: (value: string) => {
        if (ours()) written.push(value);
        cookie.set!.call(document, value);
      },
    });
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (key, value) {
      if (ours() && !key.startsWith('candor:')) written.push(key);
      setItem.call(this, key, value);
    };
  });
  return () => page.evaluate(() => (window as any).written);
}
