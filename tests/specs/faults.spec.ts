// The service down, slow, or answering nonsense: the chip stays a working link,
// the card says what is the matter, and no switch pretends to be saved.
import { expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { hollow } from '../house/hollow';
import { byMouse, card, chip, loaded, openCard, openLayer, row, toggle, visit } from '../house/shop';

const here = demo();

test('the whole service is down: the chip is the shop page\'s own link', async ({ page }) => {
  await page.route(`${here.service}/**`, (route) => route.abort());
  await page.goto(`${here.shop}/shop?persona=hanna`);
  const link = page.locator('#picks h2 candor-why a');
  await expect(link).toBeVisible();
  await expect(link).toHaveAttribute('href', /\/candor\/why\/rec_/);
  await link.click();
  await expect(page).toHaveURL(/\/candor\/why\/rec_/);
  await expect(page.locator('body')).toContainText(/Because|Popular/);
});

test('only the loader arrived: the chip becomes a link again and says so once', async ({ page }) => {
  await page.route(`${here.service}/embed/candor-*`, (route) => route.abort());
  await visit(page, here.shop, 'hanna');
  const told = page.evaluate(
    () => new Promise<{ code: string }>((done) => document.addEventListener('candor:diagnostic', (event) => done((event as CustomEvent).detail), { once: true })),
  );
  await chip(page).click();
  expect((await told).code).toMatch(/unreachable|offline/);
  await expect(page.locator('#picks h2 candor-why')).toHaveAttribute('data-state', 'fallback');
  await expect(page.locator('#picks h2 candor-why a')).toBeVisible();
  // The link alone: a button beside it would be a second chip that does nothing.
  await expect(page.locator('#picks h2 candor-why').getByRole('button')).toHaveCount(0);
});

for (const [name, answer] of [
  ['down', { status: 503, body: 'unavailable' }],
  ['nonsense', { status: 200, contentType: 'application/json', body: '{"state":"ready","explanation":{"version":9}}' }],
  ['no JSON', { status: 200, contentType: 'text/html', body: '<h1>It works</h1>' }],
] as const) {
  test(`documents and choices are ${name}: the card says what is the matter, no bars, no list of data`, async ({ page }) => {
    await page.route(`${here.service}/v1/**`, (route) => route.fulfill({ ...answer, headers: { 'access-control-allow-origin': '*' } }));
    await visit(page, here.shop, 'hanna');
    await chip(page).click();
    await expect(card(page)).toHaveAttribute('data-candor-state', /unreachable|general/);
    await expect(card(page)).toContainText(/can’t reach the service|only what is the same/);
    await expect(card(page).locator('svg.bar')).toHaveCount(0);
    await expect(card(page)).not.toContainText('Because you bought');
  });
}

test('decisions get no answer: nothing pretends to be saved, and nothing is lost', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources', byMouse);
  const orders = row(page, 'orders');
  await page.route(`${here.service}/v1/decisions`, (route) => route.fulfill({ status: 500, body: 'oops', headers: { 'access-control-allow-origin': '*' } }));
  await toggle(orders).click();
  await expect(toggle(orders)).toHaveAttribute('aria-checked', 'false');
  await expect(orders.locator('.done')).toContainText('Not sent yet');
  await page.waitForTimeout(1500);
  await expect(orders.locator('.done')).not.toContainText(/^.*\bSaved\b/);
  const waiting = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:pk_demo:out:')).length);
  expect(waiting).toBeGreaterThan(0);

  // The next visit sends what waited.
  await page.unroute(`${here.service}/v1/decisions`);
  await page.reload();
  await loaded(page);
  await expect
    .poll(() => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:pk_demo:out:')).length), { timeout: 20_000 })
    .toBe(0);
  await expect.poll(async () => (await page.request.get(`${here.shop}/shop`)).text(), { timeout: 20_000 }).not.toContain('From your orders');
});

test('a slow service: the chip says it is busy and the page goes on working', async ({ page }) => {
  await page.route(`${here.service}/v1/**`, async (route) => {
    await new Promise((go) => setTimeout(go, 2500));
    await route.continue().catch(() => {});
  });
  await visit(page, here.shop, 'tomek');
  await chip(page).click();
  await expect(card(page)).toHaveAttribute('data-candor-state', 'loading');
  await page.getByRole('link', { name: /koszyk|basket/i }).first().click();
  await expect(page).toHaveURL(/\/basket/);
});

test('the Wasm stops at every call: nothing is thrown into the page, nothing is allowed, the press is not lost', async ({ page }) => {
  const thrown: Error[] = [];
  page.on('pageerror', (error) => thrown.push(error));
  await page.route(`${here.service}/embed/candor-*.wasm`, async (route) => {
    const answer = await route.fetch({ headers: { ...route.request().headers(), 'accept-encoding': 'identity' } });
    await route.fulfill({ response: answer, body: hollow(await answer.body()) });
  });
  await visit(page, here.shop, 'hanna');
  await page.evaluate(() => {
    const told: unknown[] = ((window as unknown as { told: unknown[] }).told = []);
    document.addEventListener('candor:diagnostic', (event) => {
      const { allowed } = (window as unknown as { candor: { allowed(purpose: string, source: string): boolean } }).candor;
      told.push([(event as CustomEvent).detail.code, allowed('recommendations', 'orders')]);
      sessionStorage.setItem('told', JSON.stringify(told));
    });
  });
  await chip(page).click();
  // The chip is a link again, and followed: the service draws the same card as a page.
  await expect(page).toHaveURL(/\/candor\/why\/rec_/);
  expect(await page.evaluate(() => JSON.parse(sessionStorage.getItem('told') ?? '[]'))).toEqual([['stopped', false]]);
  expect(thrown.map(String)).toEqual([]);
});
