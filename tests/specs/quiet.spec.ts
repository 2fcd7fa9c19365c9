// Before the first act: nothing stored, nothing personal sent, nobody else asked, nothing moved.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { chip, visit } from '../house/shop';

const here = demo();
const PAGES = ['/', '/shop', '/product/1001', '/basket', '/chat'];

/** Everything the page asked for. */
function requests(page: Page) {
  const seen: { url: string; method: string; body: string; cookie: string }[] = [];
  page.on('request', (request) =>
    seen.push({ url: request.url(), method: request.method(), body: request.postData() ?? '', cookie: request.headers().cookie ?? '' }),
  );
  return seen;
}

for (const persona of ['hanna', 'nora']) {
  test(`before the first act nothing is stored and nothing personal is sent: ${persona}`, async ({ page }) => {
    const seen = requests(page);
    for (const path of PAGES) {
      await visit(page, here.shop, persona, path);
      await page.waitForTimeout(500);
      const kept = await page.evaluate(async () => ({
        local: Object.keys(localStorage),
        session: Object.keys(sessionStorage).filter((key) => key.startsWith('candor')),
        databases: (await indexedDB.databases()).map((database) => database.name),
        caches: await caches.keys(),
      }));
      expect(kept, path).toEqual({ local: [], session: [], databases: [], caches: [] });
    }
    const cookies = await page.context().cookies();
    expect(cookies.filter((cookie) => !cookie.name.match(/^(persona|basket|lang|language|visitor|session|shop)/))).toEqual([]);

    const [shop, service] = [here.shop, here.service].map((url) => new URL(url).host);
    const desk = new URL(here.inside.replace('127.0.0.1', 'localhost')).host;
    const hosts = new Set(seen.filter(({ url }) => url.startsWith('http')).map(({ url }) => new URL(url).host));
    // The desk is the privacy team's own page in a frame, not the customer's.
    for (const host of hosts) expect([shop, service, desk]).toContain(host);
    for (const { url } of seen.filter(({ url }) => new URL(url).host === desk)) expect(url).toContain('/desk');
    const asked = seen.filter(({ url }) => new URL(url).host === service);
    for (const { url, method, body, cookie } of asked) {
      const { pathname, search } = new URL(url);
      expect(method, url).toBe('GET');
      expect(body, url).toBe('');
      expect(cookie, url).toBe('');
      expect(pathname, url).toMatch(/^\/(embed\/[\w.-]+|v1\/notice)$/);
      expect(search, url).toMatch(/^(\?site=pk_demo)?$/);
    }
  });
}

test('nothing moves before the first act', async ({ page }) => {
  await page.addInitScript(() => {
    type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Element }[] };
    const moved: string[] = ((window as unknown as { moved: string[] }).moved = []);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[])
        if (!entry.hadRecentInput) moved.push(`${entry.value}: ${entry.sources.map(({ node }) => `${node?.nodeName}.${node?.className ?? ''}`).join(', ')}`);
    }).observe({ type: 'layout-shift', buffered: true });
  });
  for (const persona of ['hanna', 'tomek', 'nora']) {
    for (const path of ['/shop', '/product/1001']) {
      await visit(page, here.shop, persona, path);
      await page.waitForTimeout(1500);
      const moved = await page.evaluate(() => (window as unknown as { moved: string[] }).moved);
      expect(moved, `${persona} ${path}`).toEqual([]);
    }
  }
});

test('the chip takes exactly the place of the link it replaces', async ({ page, browser }) => {
  const plain = await (await browser.newContext({ javaScriptEnabled: false, viewport: page.viewportSize() })).newPage();
  await plain.goto(`${here.shop}/shop?persona=hanna`);
  const link = await plain.locator('#picks h2 candor-why').boundingBox();
  await visit(page, here.shop, 'hanna');
  await expect(chip(page)).toBeVisible();
  const button = await page.locator('#picks h2 candor-why').boundingBox();
  expect(button).toEqual(link);
  await plain.context().close();
});
