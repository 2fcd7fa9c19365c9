// Pages with strict policies, without scripts, and without any service.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { card, chip, openCard, visit } from '../house/shop';

const here = demo();
const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the page's policy stopped, as the browser reports it. */
async function violations(page: Page): Promise<string[]> {
  const broken: string[] = [];
  await page.exposeFunction('__broken', (text: string) => broken.push(text));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      (window as unknown as { __broken(text: string): void }).__broken(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    ),
  );
  return broken;
}

test('a policy that forbids Wasm: the press is not lost, the service draws the card as a page', async ({ page }) => {
  const told: string[] = [];
  page.on('console', (message) => told.push(message.text()));
  await visit(page, here.shop, 'hanna', '/shop?csp=strict-no-wasm');
  await chip(page).click();
  await expect(page).toHaveURL(/\/candor\/why\/rec_/);
  await expect(page.locator('section.card')).toContainText('Because');
  expect(told.filter((line) => line.includes("Add 'wasm-unsafe-eval' to script-src"))).toHaveLength(1);
});

test('the documented strict policy and Trusted Types: the card, and not one violation', async ({ page }) => {
  const broken = await violations(page);
  await visit(page, here.shop, 'hanna', '/shop?csp=trusted-types');
  await openCard(page);
  for (const name of ['sources', 'sums', 'about', 'record'])
    await card(page).locator(`details[data-layer="${name}"] > summary`).first().click();
  await expect(card(page)).toContainText('The numbers add up');
  expect(broken).toEqual([]);
});

test('no JavaScript at all: the reasons and the switches are plain forms', async ({ browser }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${here.shop}/shop?persona=hanna`);
  await page.locator('#picks h2 candor-why a').click();
  await expect(page.locator('section.card')).toContainText('Because');
  await page.locator('details[data-layer="sources"] > summary').first().click();
  const toggle = page.locator('li.row').filter({ has: page.locator('h5[id="candor-recommendations/orders"]') }).getByRole('switch').first();
  await expect(toggle).toHaveAttribute('aria-checked', 'true');
  await toggle.click();
  await expect(page.locator('body')).toContainText(/Off/);
  await page.goto(`${here.shop}/shop`);
  await expect(page.locator('#picks h2 candor-why')).not.toContainText('From your orders');
});

test('index.html on a static server, with no service at all', async ({ page }) => {
  const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm', json: 'application/json', css: 'text/css', svg: 'image/svg+xml' };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname.replace(/^\/$/, '/index.html');
    readFile(root + path.slice(1)).then(
      (bytes) => response.writeHead(200, { 'content-type': types[path.split('.').pop() ?? ''] ?? 'application/octet-stream' }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  try {
    await page.goto(origin);
    await page.locator('candor-why').getByRole('button').first().click();
    const open = page.locator('candor-why section.card');
    await expect(open).toHaveAttribute('data-candor-state', 'ready');
    await expect(open.locator('.reason').first()).toHaveText(/^Because/);
    await open.locator('details[data-layer="sums"] > summary').click();
    await expect(open).toContainText('The numbers add up');
    await open.getByRole('switch').first().click();
    await expect(open.locator('.done').first()).toContainText('kept only while this page is open');
    expect(asked.filter((url) => !url.startsWith(origin) && url.startsWith('http'))).toEqual([]);
  } finally {
    server.close();
  }
});
