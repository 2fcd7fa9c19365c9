// Pages that other code has had its hands in before us, and pages whose browser lacks something.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { quietly } from '../house/person';
import { chip, items, loaded, openCard, visit } from '../house/shop';

const here = demo();

const yours = (page: Page) => page.locator('a[data-candor-open="choices"]').first();

/** The basket's row in the choices panel. */
async function basket(page: Page) {
  await yours(page).click();
  return page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
}

test('a shop with an old library, whose Array.from maps nothing and whose Window is no window: what is decided is taken', async ({ page }) => {
  // The one as Prototype.js has it, and MooTools before 1.6; the other as MooTools.
  await page.addInitScript(() => {
    (Array as any).from = (list: unknown) => Array.prototype.slice.call(list);
    (window as any).Window = function () {};
    (window as any).Event = function () {};
  });
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/v1/decisions'));
  await visit(page, here.shop, 'nora');
  const row = await basket(page);
  await row.getByRole('switch').click();
  expect((await (await answered).json()).outcomes[0].status).toBe('recorded');
  await expect(row.locator('.done')).toContainText('Saved');
});

for (const [what, path, block] of [
  ['a policy forbids Wasm', '/shop?csp=strict-no-wasm', undefined],
  ['Wasm is switched off', '/shop', 'wasm'],
] as const)
  test(`${what}: the link to one's choices is followed, now and when it is pressed again`, async ({ page }) => {
    if (block) await page.addInitScript(() => delete (window as any).WebAssembly);
    for (let press = 0; press < 2; press++) {
      await visit(page, here.shop, 'hanna', path);
      await yours(page).click();
      await expect(page).toHaveURL(/\/candor\/choices/);
      await expect(page.getByRole('switch').first()).toBeVisible();
      await page.goBack();
      await loaded(page);
    }
    await yours(page).click();
    await expect(page).toHaveURL(/\/candor\/choices/);
  });

test('the shop writes other words into the link it made: the chip says them', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await expect(chip(page)).toContainText('From your orders');
  await page.locator('#picks h2 candor-why a').evaluate((link) => (link.firstChild!.nodeValue = 'Popular · Why?'));
  await expect(chip(page)).toHaveText('Popular · Why?');
  await page.locator('#picks h2 candor-why').evaluate((host) => (host.innerHTML = '<a href="#">Goes with your basket</a>'));
  await expect(chip(page)).toHaveText('Goes with your basket');
});

test('a pointer crosses a chip: what an earlier page was told of stays allowed', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  const row = await basket(page);
  await row.getByRole('switch').click();
  await expect(row.locator('.done')).toContainText('Saved');
  await page.reload();
  await loaded(page);
  // A shop that has nobody signed in.
  await page.evaluate(() => (window as any).candor.identify(null));
  const allowed = () => page.evaluate(() => (window as any).candor.allowed('recommendations', 'basket'));
  expect(await allowed()).toBe(true);
  const core = page.waitForResponse((answer) => /\/candor-\w+\.wasm$/.test(answer.url()));
  await chip(page).hover();
  await core;
  await page.waitForTimeout(2_000);
  expect(await allowed()).toBe(true);
  // Off is off at once, answered or not.
  await page.route('**/v1/decisions', (route) => route.abort());
  await (await basket(page)).getByRole('switch').click();
  await expect.poll(allowed).toBe(false);
});

test('a card inside somebody else’s shadow root is closed with the others', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  const open = await page.evaluate(async () => {
    const host = document.createElement('div');
    document.body.append(host);
    const why = document.querySelector('#picks h2 candor-why')!;
    host.attachShadow({ mode: 'open' }).append(why);
    await new Promise((go) => setTimeout(go, 100));
    const before = (why as HTMLElement).dataset.state;
    (window as any).candor.close();
    return [before, (why as HTMLElement).dataset.state];
  });
  expect(open).toEqual(['ready', 'idle']);
  expect((await items(page)).length).toBeGreaterThan(0);
});

test('the reader of signals fails once: it is fetched again, and the no is passed on', async ({ page }) => {
  await page.addInitScript(() => {
    (window as any).Cookiebot = { hasResponse: true, consent: { marketing: false } };
    const real = window.fetch;
    const decided: unknown[] = ((window as any).decided = []);
    window.fetch = (...args) => (String(args[0]).endsWith('/v1/decisions') ? (decided.push(args[1]?.body), Promise.reject(new TypeError('cut'))) : real(...args));
  });
  let failed = 0;
  await page.route('**/signals-*.js', (route) => (failed++ ? route.continue() : route.abort()));
  await visit(page, here.shop, 'hanna');
  await expect.poll(() => page.evaluate(() => (window as any).decided.length), { timeout: 15_000 }).toBeGreaterThan(0);
  expect(failed).toBe(2);
});

test('the script tag is there twice on a page that is prerendered: nothing is thrown, and it is said', async ({ page }) => {
  const thrown: string[] = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  await page.addInitScript(() => {
    Object.defineProperty(document, 'prerendering', { value: true, configurable: true });
    addEventListener('DOMContentLoaded', () => {
      const tag = document.querySelector<HTMLScriptElement>('script[src*="candor.js"]')!;
      const again = Object.assign(document.createElement('script'), { src: tag.src });
      again.dataset.site = tag.dataset.site;
      document.head.append(again);
    });
  });
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(`${here.shop}/shop?persona=hanna`);
  await page.waitForTimeout(1_000);
  await page.evaluate(() => document.dispatchEvent(new Event('prerenderingchange')));
  await loaded(page);
  await openCard(page);
  expect(thrown).toEqual([]);
  expect(said.filter((line) => line.includes('second-copy'))).toHaveLength(1);
});
